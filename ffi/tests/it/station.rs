//! A station of one officer, as far as a phone sees it that never meets its server again.

use std::path::Path;

use ffi::{Clock, Phone};
use sync_core::catalogue::{Catalogue, Sources};
use sync_core::envelope::merkle::CompactRange;
use sync_core::envelope::{
    CharterDelta, DeviceGrant, Member, ServerKey, Signed, SoftKey, TreeHead,
};
use sync_core::ids::{DeviceId, Epoch, PersonId, StationId};
use sync_core::sync::message::{Message, charter_to_wire};
use sync_core::sync::{JoinCode, JoinRequest, JoinResponse, nonce};

pub const OFFICERS_DAY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/officers-day");

/// The catalogue of the officer's-day workload.
pub fn workload() -> Catalogue {
    let root = Path::new(OFFICERS_DAY).join("catalogue");
    let mut sources = Sources::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            sources.insert(name.replace('\\', "/"), text);
        }
    }
    Catalogue::load(&sources).unwrap()
}

/// Makes a phone in `dir` that has joined.
pub fn join(dir: &Path, catalogue: &Catalogue, roles: &[&str]) -> Phone {
    let mut phone = Phone::open(dir, Clock::default()).unwrap();
    let request = phone.ask_to_join(&code(), None, "巡查一号").unwrap();
    phone.joined(answer(&request, catalogue, roles)).unwrap();
    phone
}

/// What the chief gives.
pub fn code() -> String {
    let station = StationId::new("S00").unwrap();
    JoinCode::new(station, [3; 10], &server().public()).reveal()
}

fn server() -> SoftKey {
    SoftKey::from_secret(&[200; 32]).unwrap()
}

fn answer(request: &[u8], catalogue: &Catalogue, roles: &[&str]) -> Vec<u8> {
    let request = Signed::<JoinRequest>::from_wire(request).unwrap().message;
    let server = server();
    let person = PersonId::new("O0000").unwrap();
    let device = DeviceId::of_key(&request.sign_key);
    let key = ServerKey {
        device: server.device(),
        sign_key: server.public(),
    };
    let mut delta = CharterDelta::new(Epoch::default());
    delta.catalogue = Some(catalogue.hash());
    delta.server = Some(key.clone());
    delta.station_name = Some("石埠".into());
    delta.members.push(Member {
        person: person.clone(),
        name: "黄秋".into(),
        post: "驻站队员".into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        active: true,
        certificate: None,
        certificate_until: None,
    });
    delta.devices.push(DeviceGrant {
        device,
        person: person.clone(),
        sign_key: request.sign_key,
        agree_key: request.agree_key,
        removed: false,
    });
    let now = Clock::default().read().wall;
    let head = TreeHead {
        lineage: 0,
        index: 0,
        root: CompactRange::default().root(),
        time: now,
    };
    let answer = JoinResponse {
        station: StationId::new("S00").unwrap(),
        device,
        person,
        server: key,
        charter: charter_to_wire(&[delta]),
        catalogue: catalogue.bundle(),
        nonce: nonce::issue(&[9; 32], now),
        head: Signed::by(&server, head),
    };
    Signed::by(&server, answer).to_wire()
}
