// An ONVIF device that was not written here, of the onvif-server crate. Arguments: host port user password.
use async_trait::async_trait;
use onvif_server::{DeviceInfo, DeviceService, EventService, MediaService, OnvifError, OnvifServer};

#[derive(Clone)]
struct Camera {
    host: String,
}

#[async_trait]
impl DeviceService for Camera {
    async fn get_device_information(&self) -> Result<DeviceInfo, OnvifError> {
        Ok(DeviceInfo {
            manufacturer: "Independent".into(),
            model: "Crate-1".into(),
            firmware_version: "5.10".into(),
            serial_number: "SN-0042".into(),
            hardware_id: "crate-hw".into(),
        })
    }
}

#[async_trait]
impl MediaService for Camera {
    async fn get_stream_uri(&self, _profile: &str) -> Result<String, OnvifError> {
        Ok(format!("rtsp://{}:8554/stream", self.host))
    }
    async fn get_snapshot_uri(&self, _profile: &str) -> Result<String, OnvifError> {
        Ok(format!("http://{}:8080/snapshot.jpg", self.host))
    }
}

#[async_trait]
impl EventService for Camera {}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().collect();
    let cam = Camera { host: words[1].clone() };
    OnvifServer::builder()
        .port(words[2].parse().expect("port"))
        .advertised_host(&words[1])
        .device_service(cam.clone())
        .media_service(cam.clone())
        .event_service(cam)
        .auth(&words[3], &words[4])
        .build()
        .expect("build")
        .run()
        .await
        .expect("run");
}
