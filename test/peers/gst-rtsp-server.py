#!/usr/bin/python3
"""A camera's RTSP server made by GStreamer: plays a clip (H.264 or H.265, with AAC where asked) to whoever logs in.

Prints one JSON object a line: {"event": "listening", "port": n}, then {"event": "opened"|"closed", "clients": n} and
{"event": "setup", "stream": n, "media": "video"|"audio"} as readers come and go. Ends when standard input is closed.
"""
import argparse
import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PARSERS = {"h264": "h264parse ! rtph264pay config-interval=1", "h265": "h265parse ! rtph265pay config-interval=1"}


def tell(**event):
    print(json.dumps(event), flush=True)


def launch_line(options):
    line = f'( filesrc location="{options.clip}" ! qtdemux name=demux demux.video_0 ! queue ! {PARSERS[options.codec]} name=pay0 pt=96'
    if options.audio:
        line += " demux.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97"
    return line + " )"


def protect(server, factory, options):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if options.auth == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(options.user, options.password, token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", "media.factory.access", True)
    permissions.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(permissions)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clip", required=True)
    parser.add_argument("--codec", choices=sorted(PARSERS), required=True)
    parser.add_argument("--audio", action="store_true")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--auth", choices=["basic", "digest"], default="digest")
    parser.add_argument("--port", default="0")
    options = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch_line(options))
    if options.user:
        protect(server, factory, options)
    server.get_mount_points().add_factory("/stream", factory)

    clients = set()

    def closed(client):
        clients.discard(client)
        tell(event="closed", clients=len(clients))

    def set_up(_client, context):
        stream = context.stream.get_index() if context.stream else -1
        tell(event="setup", stream=stream, media="video" if stream == 0 else "audio")

    def connected(_server, client):
        clients.add(client)
        client.connect("closed", closed)
        client.connect("setup-request", set_up)
        tell(event="opened", clients=len(clients))

    server.connect("client-connected", connected)
    loop = GLib.MainLoop()
    if server.attach(None) == 0:
        sys.exit("cannot listen")
    tell(event="listening", port=server.get_bound_port())

    def input_closed(*_):
        if sys.stdin.readline() == "":
            loop.quit()
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, input_closed)
    loop.run()


main()
