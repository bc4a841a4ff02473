//! Phones with stores of their own on disk, and the server that they sync with.

use std::path::PathBuf;

use ffi::http::Client;
use ffi::{Clock, Phone, PhoneError, SyncReport, SyncWish};
use sync_core::ids::StationId;
use tempfile::TempDir;
use wardbook::http::Limits;

use crate::http::Server;
use crate::store::TestStore;

pub struct Stores {
    pub store: TestStore,
    pub server: Server,
    pub station: StationId,
    pub client: Client,
    pub folder: TempDir,
}

impl Stores {
    pub async fn of(store: TestStore, station: StationId) -> Stores {
        let server = Server::start(&store, Limits::default()).await;
        let client = Client::new(&format!("http://{}", server.sync)).unwrap();
        Stores {
            store,
            server,
            station,
            client,
            folder: TempDir::new().unwrap(),
        }
    }

    pub fn dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn open(&self, name: &str) -> Phone {
        Phone::open(&self.dir(name), Clock::default()).unwrap()
    }

    /// Files alone: all that a backup of the phone would have.
    pub fn copy(&self, from: &str, to: &str) {
        std::fs::create_dir_all(self.dir(to)).unwrap();
        for file in std::fs::read_dir(self.dir(from)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), self.dir(to).join(file.file_name())).unwrap();
        }
    }

    pub async fn code(&self, person: &str) -> String {
        let role = "stationed_officer";
        self.store.code(&self.station, person, role).await
    }

    pub async fn join(&self, phone: &mut Phone, person: &str) {
        let code = self.code(person).await;
        phone.join(&self.client, &code, None, "巡查一号").unwrap();
    }

    pub fn sync(&self, phone: &mut Phone) -> SyncReport {
        self.try_sync(phone).unwrap()
    }

    pub fn try_sync(&self, phone: &mut Phone) -> Result<SyncReport, PhoneError> {
        let wish = SyncWish {
            wait_registered: true,
            wait_ms: Some(10_000),
        };
        phone.sync(&self.client, wish)
    }

    pub async fn end(self) {
        self.server.stop().await;
    }
}
