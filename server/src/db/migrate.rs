//! Brings a store to the form that this version knows, and refuses one of a newer version.

use super::{Db, Tx};
use crate::error::{Error, Result};
use crate::{args, sql, write_tx};

/// The migrations in order; the version of a store is how many of them it has.
const MIGRATIONS: &[(&str, &str)] = &[
    (
        "0001_station_books",
        include_str!("../../migrations/0001_station_books.sql"),
    ),
    (
        "0002_contact_card",
        include_str!("../../migrations/0002_contact_card.sql"),
    ),
    (
        "0003_console_lists",
        include_str!("../../migrations/0003_console_lists.sql"),
    ),
    (
        "0004_said_again",
        include_str!("../../migrations/0004_said_again.sql"),
    ),
];

/// The version of the stores that this program reads and writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

impl Db {
    /// Creates the tables of a new store.
    pub(super) async fn create_schema(&self) -> Result<()> {
        write_tx!(self, "create the store's tables", async |tx| {
            tx.exec(sql!("schema_version_create"), args![]).await?;
            tx.exec(sql!("schema_version_insert"), args![]).await?;
            bring_up_to_date(tx).await
        })
        .await
    }

    /// Brings the tables of a store up to date.
    pub(super) async fn migrate_schema(&self) -> Result<()> {
        let known = match self.fetch_opt(sql!("schema_version_get"), args![]).await {
            Err(error) if error.is_missing_table() => return Err(Error::StoreEmpty),
            row => row?.ok_or(Error::StoreEmpty)?.get::<i64>("version")?,
        };
        if known == SCHEMA_VERSION {
            return Ok(());
        }
        write_tx!(self, "bring the store's tables up to date", async |tx| {
            bring_up_to_date(tx).await
        })
        .await
    }
}

async fn bring_up_to_date(tx: &mut Tx) -> Result<()> {
    // Two servers that start at once wait for each other here.
    let found = tx
        .fetch_opt(sql!("schema_version_lock"), args![])
        .await?
        .ok_or(Error::StoreEmpty)?
        .get::<i64>("version")?;
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    let Some(missing) = MIGRATIONS.get(done..) else {
        return Err(Error::StoreNewer {
            found,
            known: SCHEMA_VERSION,
        });
    };
    for (name, sql) in missing {
        tx.batch(name, sql).await?;
    }
    tx.exec(sql!("schema_version_set"), args![SCHEMA_VERSION])
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;

    #[test]
    fn every_file_of_the_migrations_folder_is_applied_in_the_order_of_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| {
                file.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        files.sort();
        assert_eq!(
            files,
            MIGRATIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>()
        );
    }
}
