//! A database that is full or goes away: a clear problem, and what was confirmed is there.

use axum::http::StatusCode;
use sync_core::ids::Hash;
use wardbook::db::{Db, Location};
use wardbook::station::Station;
use wardbook::{args, sql, write_tx};

use crate::store::{BUNDLE, TestStore, block_on, execute};

fn hash(n: u64) -> Hash {
    Hash::of(&n.to_be_bytes())
}

#[test]
fn a_full_disk_is_told_and_nothing_confirmed_is_lost() {
    block_on(async {
        let store = TestStore::sqlite().await;
        let station = store.station("S00").await;
        let Db::Sqlite(sqlite) = &store.db else {
            panic!("not SQLite")
        };
        let limit = async |pages: &'static str| {
            sqlx::raw_sql(pages).execute(sqlite.writer()).await.unwrap();
        };
        let put = async |n: u64| {
            let (key, value) = (hash(n), vec![7; 20_000]);
            write_tx!(store.db, "test", async |tx| {
                tx.exec(sql!("catalogue_insert"), args![&station, &key, &value])
                    .await
            })
            .await
        };
        limit("PRAGMA max_page_count = 100").await;
        let mut kept = 0;
        let error = loop {
            match put(kept).await {
                Ok(_) => kept += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(
            error.problem(),
            ("disk_full", StatusCode::INSUFFICIENT_STORAGE)
        );
        for n in 0..kept {
            let key = hash(n);
            let row = store.db.fetch_opt(BUNDLE, args![&station, &key]).await;
            assert!(row.unwrap().is_some());
        }
        limit("PRAGMA max_page_count = 100000").await;
        put(kept).await.unwrap();
    });
}

#[test]
fn a_database_that_goes_away_in_a_transaction_is_told_and_found_again() {
    block_on(async {
        let Some(store) = TestStore::postgres().await else {
            return;
        };
        let station = store.station("S00").await;
        let Location::Url(url) = &store.location else {
            panic!("not a URL")
        };
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let error = write_tx!(store.db, "test", async |tx| {
            Station::rename(tx, &station, "改名").await?;
            execute(url, cut.to_owned()).await;
            Station::rename(tx, &station, "再改").await
        })
        .await
        .unwrap_err();
        assert_eq!(
            error.problem(),
            ("database_away", StatusCode::SERVICE_UNAVAILABLE)
        );
        assert_eq!(
            Station::get(&store.db, &station).await.unwrap().name,
            "测试站"
        );
        write_tx!(store.db, "test", async |tx| Station::rename(
            tx, &station, "新名"
        )
        .await)
        .await
        .unwrap();
        assert_eq!(
            Station::get(&store.db, &station).await.unwrap().name,
            "新名"
        );
    });
}
