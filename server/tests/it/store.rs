//! A store for one test, on either engine, gone when the test ends.

use std::future::Future;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use sync_core::catalogue::Catalogue;
use sync_core::ids::{PersonId, StationId};
use tempfile::TempDir;
use wardbook::charter;
use wardbook::clock::Clock;
use wardbook::datadir::DataDir;
use wardbook::db::{Db, Location, Query, Schema};
use wardbook::invite::invite;
use wardbook::station::Station;
use wardbook::write_tx;

pub const NOW: i64 = 1_780_000_000_000;

/// A catalogue's bytes, which the program reads all of a station at once.
pub const BUNDLE: Query = Query {
    name: "bundle",
    sql: "SELECT bundle FROM catalogue WHERE station_id = $1 AND hash = $2",
};

pub struct TestStore {
    pub db: Db,
    pub clock: Clock,
    pub data: DataDir,
    pub location: Location,
    _folder: TempDir,
    _database: Option<FreshDatabase>,
}

impl TestStore {
    pub async fn sqlite() -> TestStore {
        let folder = TempDir::new().unwrap();
        let location = DataDir::new(folder.path()).location(None).unwrap();
        Self::open(folder, location, None).await
    }

    /// `None` where no PostgreSQL is offered.
    pub async fn postgres() -> Option<TestStore> {
        let database = FreshDatabase::create().await?;
        let location = Location::Url(database.url.clone());
        Some(Self::open(TempDir::new().unwrap(), location, Some(database)).await)
    }

    async fn open(folder: TempDir, location: Location, database: Option<FreshDatabase>) -> Self {
        let data = DataDir::new(folder.path());
        data.create().unwrap();
        let db = Db::open(&location, Schema::Create).await.unwrap();
        let clock = Clock::set(NOW, [7; 32]);
        TestStore {
            db,
            clock,
            data,
            location,
            _folder: folder,
            _database: database,
        }
    }

    pub async fn station(&self, code: &str) -> StationId {
        let station = StationId::new(code).unwrap();
        let key = self.data.create_key(&station, &self.clock).unwrap();
        write_tx!(self.db, "test", async |tx| {
            Station::create(tx, &station, "测试站", &key, &self.clock).await?;
            let catalogue = Some(Catalogue::embedded());
            charter::issue(tx, &station, catalogue, &self.data, &self.clock).await
        })
        .await
        .unwrap();
        station
    }

    /// A join code for an officer of the station.
    pub async fn code(&self, station: &StationId, person: &str, role: &str) -> String {
        let (person, week) = (PersonId::new(person).unwrap(), Duration::from_secs(604_800));
        write_tx!(self.db, "test", async |tx| {
            let (data, clock) = (&self.data, &self.clock);
            let code = invite(tx, station, &person, Some(role), week, data, clock).await?;
            charter::issue(tx, station, None, data, clock).await?;
            Ok(code.reveal())
        })
        .await
        .unwrap()
    }
}

/// A database made for one test and dropped with it.
struct FreshDatabase {
    admin: String,
    name: String,
    url: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test harness is told where PostgreSQL is"
)]
fn offered(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl FreshDatabase {
    async fn create() -> Option<FreshDatabase> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(admin) = offered("WARDBOOK_TEST_POSTGRES") else {
            assert!(
                offered("CI").is_none(),
                "WARDBOOK_TEST_POSTGRES is not set: run the tests through tests/postgres"
            );
            // Written past the harness's capture, so that it is seen.
            let note = "NOT RUN on PostgreSQL: start it with tests/postgres cargo test\n";
            let _ = std::io::stderr().write_all(note.as_bytes());
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("wardbook_test_{}_{count}", std::process::id());
        execute(&admin, format!("CREATE DATABASE {name}")).await;
        let (server, _) = admin.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        Some(FreshDatabase { admin, name, url })
    }
}

impl Drop for FreshDatabase {
    fn drop(&mut self) {
        let (admin, drop) = (
            self.admin.clone(),
            format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
        // The test's runtime cannot be waited on from here.
        let dropping = std::thread::spawn(move || block_on(execute(&admin, drop)));
        let _ = dropping.join();
    }
}

pub async fn execute(url: &str, sql: String) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Makes of each `async fn(TestStore)` a test on SQLite and one on PostgreSQL.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* async fn $name:ident($store:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$attribute])*
            async fn scenario($store: $crate::store::TestStore) $body

            #[test]
            fn on_sqlite() {
                $crate::store::block_on(async {
                    scenario($crate::store::TestStore::sqlite().await).await
                });
            }

            #[test]
            fn on_postgres() {
                $crate::store::block_on(async {
                    if let Some(store) = $crate::store::TestStore::postgres().await {
                        scenario(store).await
                    }
                });
            }
        }
    )*};
}
