# An independent ONVIF client: onvif-zeep reads every reply by the WSDL and the schemas that ONVIF publishes.
# Arguments: host port user password. One JSON object a line of what was found; the last one is a notification of the camera.
import json
import sys

from lxml import etree
from onvif import ONVIFCamera

host, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def tell(what, **found):
    print(json.dumps({"what": what, **found}, default=str), flush=True)


camera = ONVIFCamera(host, port, user, password)
device = camera.devicemgmt
information = device.GetDeviceInformation()
tell("information", maker=information.Manufacturer, model=information.Model, firmware=information.FirmwareVersion)
tell("services", namespaces=[one.Namespace for one in device.GetServices({"IncludeCapability": False})])
tell("network", mac=device.GetNetworkInterfaces()[0].Info.HwAddress, scopes=[one.ScopeItem for one in device.GetScopes()])
tell("relays", tokens=[one.token for one in device.GetRelayOutputs()])

media = camera.create_media_service()
profiles = media.GetProfiles()
tell(
    "profiles",
    profiles=[
        {
            "token": one.token,
            "source": one.VideoSourceConfiguration.SourceToken,
            "encoding": one.VideoEncoderConfiguration.Encoding,
            "width": one.VideoEncoderConfiguration.Resolution.Width,
        }
        for one in profiles
    ],
)
setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
token = profiles[0].token
tell(
    "addresses",
    stream=media.GetStreamUri({"StreamSetup": setup, "ProfileToken": token}).Uri,
    snapshot=media.GetSnapshotUri({"ProfileToken": token}).Uri,
)

events = camera.create_events_service()
topics = events.GetEventProperties().TopicSet
tell("topics", count=len(topics._value_1))
point = events.CreatePullPointSubscription({"InitialTerminationTime": "PT60S"})
address = point.SubscriptionReference.Address._value_1
camera.xaddrs["http://www.onvif.org/ver10/events/wsdl/PullPointSubscription"] = address
pull = camera.create_pullpoint_service()
tell("subscribed")
for _ in range(10):
    messages = pull.PullMessages({"Timeout": "PT5S", "MessageLimit": 10}).NotificationMessage
    if messages:
        # zeep leaves what the schema calls "any" as the element that it is; the topic's own text it loses.
        message = messages[0].Message._value_1
        tell("message", operation=message.get("PropertyOperation"), xml=etree.tostring(message).decode())
        break
