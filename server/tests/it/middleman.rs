//! Somebody between a phone that joins for the first time and the server, over the wire.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

use ffi::http::{Client, HttpError};
use ffi::{Clock, Phone, PhoneError};
use sync_core::envelope::{Signed, SoftKey};
use sync_core::fieldbook::Refusal;
use sync_core::ids::StationId;
use sync_core::sync::message::Message;
use sync_core::sync::{JoinRequest, JoinResponse};
use tempfile::TempDir;
use wardbook::http::Limits;
use wardbook::{args, sql};

use crate::http::Server;
use crate::on_both_engines;
use crate::phone::exchange;
use crate::store::TestStore;

type Answer = (u16, Vec<u8>);

/// Listens where a phone believes the server to be, and answers one request as `say` makes it.
pub struct Middle {
    pub address: SocketAddr,
    answering: JoinHandle<()>,
}

impl Middle {
    pub fn that(say: impl FnOnce(&[u8]) -> Answer + Send + 'static) -> Middle {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (status, body) = say(&read_body(&mut stream));
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream
                .write_all(&[head.as_bytes(), &body].concat())
                .unwrap();
        });
        Middle { address, answering }
    }

    /// Until it has answered.
    pub fn end(self) {
        self.answering.join().unwrap();
    }

    /// What a phone that joins there comes to.
    fn joined_by(self, phone: &mut Phone, code: &str) -> PhoneError {
        let client = Client::new(&format!("http://{}", self.address)).unwrap();
        let refused = phone.join(&client, code, None, "新机").unwrap_err();
        self.end();
        refused
    }
}

fn read_body(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let mut some = [0; 4096];
        let count = stream.read(&mut some).unwrap();
        bytes.extend_from_slice(&some[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            assert!(count > 0, "cut in its head");
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
        if bytes.len() >= end + 4 + length {
            return bytes[end + 4..].to_vec();
        }
    }
}

fn pass_on(server: SocketAddr, body: &[u8]) -> Answer {
    exchange(server, "POST /v1/join", "", body).unwrap()
}

/// The station again, under a key of somebody else's.
async fn second_server() -> (TestStore, Server) {
    let store = TestStore::sqlite().await;
    // All set clocks draw the same: this one is a turn ahead.
    store.clock.entropy();
    store.station("S00").await;
    let server = Server::start(&store, Limits::default()).await;
    (store, server)
}

fn is_untouched(dir: &Path) -> bool {
    let phone = Phone::open(dir, Clock::default()).unwrap();
    phone.membership().is_err() && phone.server().unwrap().is_none()
}

on_both_engines! {
    async fn a_second_server_with_the_same_name_gets_no_phone(store) {
        let station = store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        let code = store.code(&station, "O0001", "stationed_officer").await;
        let dir = TempDir::new().unwrap();
        let mut phone = Phone::open(dir.path(), Clock::default()).unwrap();
        let asked = phone.ask_to_join(&code, None, "新机").unwrap();
        let (other, theirs) = second_server().await;
        let key = |store: &TestStore| store.data.key(&station).unwrap();
        assert_ne!(key(&store).public(), key(&other).public());
        // An honest one says that the code is not for it.
        let client = Client::new(&format!("http://{}", theirs.sync)).unwrap();
        let refused = phone.join(&client, &code, None, "新机").unwrap_err();
        let PhoneError::Http(HttpError::Problem(problem)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(problem.code, "invite_elsewhere");
        // One that does not mind answers with all it has: its own charter, log and signature.
        let key = key(&other);
        let honest = pass_on(server.sync, &asked).1;
        let middle = Middle::that(move |_| {
            let mut answer = Signed::<JoinResponse>::from_wire(&honest).unwrap().message;
            answer.server.sign_key = key.public();
            answer.server.device = key.device();
            answer.head = Signed::by(&key, answer.head.message);
            (200, Signed::by(&key, answer).to_wire())
        });
        let refused = middle.joined_by(&mut phone, &code);
        assert!(matches!(refused, PhoneError::Refused(Refusal::OtherServer)), "{refused:?}");
        drop(phone);
        assert!(is_untouched(dir.path()));
        let mut phone = Phone::open(dir.path(), Clock::default()).unwrap();
        let client = Client::new(&format!("http://{}", server.sync)).unwrap();
        phone.join(&client, &code, None, "新机").unwrap();
        theirs.stop().await;
        server.stop().await;
    }

    async fn who_relays_a_first_join_can_neither_use_the_code_nor_change_the_answer(store) {
        let station = store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        let code = store.code(&station, "O0001", "stationed_officer").await;
        let dir = TempDir::new().unwrap();
        let mut phone = Phone::open(dir.path(), Clock::default()).unwrap();
        let (seen, stolen) = mpsc::channel();
        let address = server.sync;
        // They enrol a key of their own with what they read, before the phone's.
        let middle = Middle::that(move |body| {
            let thief = SoftKey::from_secret(&[66; 32]).unwrap();
            let mut theirs = Signed::<JoinRequest>::from_wire(body).unwrap().message;
            theirs.sign_key = thief.public();
            let tried = pass_on(address, &Signed::by(&thief, theirs).to_wire());
            seen.send(tried).unwrap();
            // Then they pass on what was asked, and slip something into what is answered.
            let (status, answer) = pass_on(address, body);
            assert_eq!(status, 200);
            let signed = Signed::<JoinResponse>::from_wire(&answer).unwrap();
            let mut bent = signed.message.clone();
            bent.station = StationId::new("S01").unwrap();
            (200, Signed::new(bent, signed.sig().to_vec()).to_wire())
        });
        let refused = middle.joined_by(&mut phone, &code);
        let (status, problem) = stolen.recv().unwrap();
        let problem = String::from_utf8(problem).unwrap();
        assert_eq!(status, 403);
        assert!(problem.contains("signature_wrong"), "{problem}");
        assert!(matches!(refused, PhoneError::Refused(Refusal::NotTheServer)), "{refused:?}");
        drop(phone);
        assert!(is_untouched(dir.path()));
        // The code is used up for this phone's key, so the phone itself may ask again.
        let mut phone = Phone::open(dir.path(), Clock::default()).unwrap();
        let client = Client::new(&format!("http://{address}")).unwrap();
        phone.join(&client, &code, None, "新机").unwrap();
        let devices = store.db.fetch_all(sql!("device_list"), args![&station]).await;
        assert_eq!(devices.unwrap().len(), 1);
        server.stop().await;
    }
}
