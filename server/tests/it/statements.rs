//! Every statement means something to both engines, and a store says which version it has.

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use wardbook::db::{Db, SCHEMA_VERSION, Schema};
use wardbook::error::Error;
use wardbook::{args, sql, write_tx};

use crate::on_both_engines;

fn statements() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sql");
    let mut statements: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    statements.sort();
    assert!(statements.len() > 30);
    statements
}

async fn prepare(db: &Db, name: &str, text: String) -> Result<(), String> {
    let text = AssertSqlSafe(text).into_sql_str();
    match db {
        Db::Sqlite(store) => {
            let mut connection = store.writer().acquire().await.unwrap();
            (&mut *connection).prepare(text).await.map(drop)
        }
        Db::Postgres(pool) => pool.prepare(text).await.map(drop),
    }
    .map_err(|error| format!("{name}: {error}"))
}

on_both_engines! {
    async fn every_statement_can_be_prepared(store) {
        let mut wrong = Vec::new();
        for (name, text) in statements() {
            wrong.extend(prepare(&store.db, &name, text).await.err());
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn a_store_is_opened_again_as_it_is(store) {
        store.station("S00").await;
        store.db.close().await;
        let again = Db::open(&store.location, Schema::Existing).await.unwrap();
        assert_eq!(again.fetch_all(sql!("station_list"), args![]).await.unwrap().len(), 1);
        again.close().await;
    }

    async fn a_store_of_a_newer_version_is_refused_and_left_alone(store) {
        let newer = SCHEMA_VERSION + 1;
        write_tx!(store.db, "test", async |tx| {
            tx.exec(sql!("schema_version_set"), args![newer]).await
        })
            .await
            .unwrap();
        for schema in [Schema::Existing, Schema::Create] {
            match Db::open(&store.location, schema).await {
                Err(Error::StoreNewer { found, known }) => {
                    assert_eq!((found, known), (newer, SCHEMA_VERSION));
                }
                other => panic!("{other:?}"),
            }
        }
        let row = store.db.fetch_opt(sql!("schema_version_get"), args![]).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>("version").unwrap(), newer);
    }
}

#[test]
fn statements_name_their_table_and_verb_and_stay_portable() {
    for (name, text) in statements() {
        assert!(name.contains('_'), "{name}: the name is <table>_<verb>");
        assert!(
            text.trim_end().lines().count() > 0 && !text.trim_end().ends_with(';'),
            "{name}"
        );
        let upper = text.to_uppercase();
        for odd in [
            "NOW(",
            "SERIAL",
            "ILIKE",
            "ARRAY",
            "->>",
            "CURRENT_TIMESTAMP",
            "FOR UPDATE",
        ] {
            // The reason for the lock's form names what is not used.
            let used = upper
                .lines()
                .any(|line| !line.starts_with("--") && line.contains(odd));
            assert!(!used, "{name} uses {odd}");
        }
    }
}
