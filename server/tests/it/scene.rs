//! A station with its running server, to which phones come.

use sync_core::ids::StationId;
use sync_core::record::change::Scalar;
use sync_core::record::write::{Edit, Spot};
use wardbook::http::Limits;

use crate::http::Server;
use crate::phone::Phone;
use crate::store::TestStore;

pub struct Scene {
    pub store: TestStore,
    pub server: Server,
    pub station: StationId,
}

impl Scene {
    pub async fn new(store: TestStore) -> Scene {
        let station = store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        Scene {
            store,
            server,
            station,
        }
    }

    pub async fn phone(&self, secret: u8) -> Phone {
        self.phone_of(secret, &format!("O{secret:04}"), "stationed_officer")
            .await
    }

    pub async fn phone_of(&self, secret: u8, person: &str, role: &str) -> Phone {
        let code = self.store.code(&self.station, person, role).await;
        let mut phone = Phone::new(secret);
        phone.join(self.server.sync, &code);
        phone
    }

    pub async fn end(self) {
        self.server.stop().await;
    }
}

pub fn set(field: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.to_owned()),
        value: Scalar::Str(value.to_owned()),
    }
}
