// The door of the pure codec: RTSP, its interleaved frames, SDP and what is read of RTP.
export { type Framer, type FramerLimits, openFramer } from './framer.ts';
export { baseOf, type ChannelPair, interleavedOffer, parseSession, resolveControl, serverPorts } from './headers.ts';
export { openRtspLogin } from './login.ts';
export { encodeRequest, encodeResponse, header, type RtspMessage, type RtspRequest, type RtspResponse } from './message.ts';
export { packed } from './packed.ts';
export { type PictureSize, sizeOf } from './picture-size.ts';
export { contentOf, hasMarker, holdsPicture, isRtp, senderReportLength, startsKey, timestampOf } from './rtp.ts';
export { type Codec, chooseTrack, describeTrack, parseSdp, sameTrack, type Track } from './sdp.ts';
