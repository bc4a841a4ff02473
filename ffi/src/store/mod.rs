//! Where does a phone keep what it knows?
//!
//! In one SQLite table of keys and encrypted values: `kv(key TEXT PRIMARY KEY, value BLOB)`. The
//! core names the keys, of ids alone, so that they tell nothing of a person; each value is
//! XChaCha20-Poly1305 under the platform's key, with a random nonce of 24 bytes before it and
//! its key as associated data, so that no value passes for another's.
//!
//! A batch is one transaction with `synchronous=FULL`: it is on the disk when [`Store::commit`]
//! returns, or it is not there at all. One process holds a store at a time, for as long as it
//! is open; SQLite's own lock ends with the process, however that dies.

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::random;

/// The layout of the store, in SQLite's `user_version`.
const VERSION: i64 = 1;
/// `wbfb`, in SQLite's `application_id`: another program's database is not taken for a store.
const APPLICATION: i64 = 0x7762_6662;
/// The database, inside the folder of a phone.
pub const FILE: &str = "fieldbook.db";
/// What a copy of the store does not have: see [`Store::is_copy`].
const INCARNATION: &str = "incarnation";
/// The key of the incarnation that the store was made in. Sorts before every key of the core.
const MADE_IN: &str = "";
const NONCE: usize = 24;
/// How long to wait for another process that is about to leave the store.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the platform keeps for a store: 32 secret bytes.
#[derive(Clone)]
pub struct StoreKey(pub [u8; 32]);

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey")
    }
}

/// Why the store cannot be read or written. Nothing is lost: a batch is whole or absent.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store {path} was written by a newer version ({found}; this one knows {VERSION})")]
    Newer { path: PathBuf, found: i64 },
    #[error("{path} is no store of a phone")]
    NotAStore { path: PathBuf },
    #[error("another process has the store {path} open")]
    InUse { path: PathBuf },
    #[error("the disk of {path} is full")]
    Full { path: PathBuf },
    #[error("{path} cannot be written")]
    ReadOnly { path: PathBuf },
    #[error("the key given does not open the store {path}")]
    WrongKey { path: PathBuf },
    #[error("{path} does not hold the keys of a phone")]
    BadKeys { path: PathBuf },
    #[error("the value of {key} in {path} does not open")]
    Damaged { path: PathBuf, key: String },
    #[error("cannot {doing} {path}")]
    Files {
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot {doing} the store {path}")]
    Sql {
        doing: &'static str,
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error("no randomness to be had")]
    Random(#[from] getrandom::Error),
}

/// An open store.
pub struct Store {
    db: Connection,
    cipher: XChaCha20Poly1305,
    path: PathBuf,
    is_copy: bool,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish()
    }
}

impl Store {
    /// Opens the store in the folder `dir`, which is made with mode 700 where it is missing. The
    /// incarnation stands in `incarnation`, a folder or the same one: whatever a backup of this
    /// device does not restore.
    pub fn open(dir: &Path, incarnation: &Path, key: &StoreKey) -> Result<Store, StoreError> {
        make_private(dir)?;
        let path = dir.join(FILE);
        let sql = |doing| {
            let path = path.clone();
            move |error| sort(doing, &path, error)
        };
        let db = Connection::open(&path).map_err(sql("open"))?;
        db.busy_timeout(PATIENCE).map_err(sql("open"))?;
        // The exclusive lock must be asked for before the log is touched: then SQLite keeps the
        // log's index in memory and the lock until the process ends.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")
            .map_err(sql("lock"))?;
        db.pragma_update(None, "journal_mode", "WAL")
            .map_err(sql("open"))?;
        db.pragma_update(None, "synchronous", "FULL")
            .map_err(sql("open"))?;
        // On Apple's systems an fsync alone does not reach the disk. Elsewhere these do nothing.
        db.pragma_update(None, "fullfsync", true)
            .map_err(sql("open"))?;
        db.pragma_update(None, "checkpoint_fullfsync", true)
            .map_err(sql("open"))?;
        let mut store = Store {
            db,
            cipher: XChaCha20Poly1305::new(&key.0.into()),
            path,
            is_copy: false,
        };
        store.is_copy = store.prepare(&incarnation.join(INCARNATION))?;
        Ok(store)
    }

    /// Whether these bytes were made by an installation that is not this one: the store was
    /// restored from a backup or copied from another device, which may still be writing under
    /// the same name.
    pub fn is_copy(&self) -> bool {
        self.is_copy
    }

    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.db
            .prepare_cached("SELECT value FROM kv WHERE key = ?1")
            .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional())
            .map_err(|error| self.sort("read", error))?
            .map(|sealed: Vec<u8>| self.unseal(key, &sealed))
            .transpose()
    }

    /// All entries whose keys begin with `prefix`, in the order of their keys.
    pub fn scan(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let sealed = self.sealed_from(prefix);
        let sealed = sealed.map_err(|error| self.sort("read", error))?;
        sealed
            .into_iter()
            .map(|(key, value)| {
                let value = self.unseal(&key, &value)?;
                Ok((key, value))
            })
            .collect()
    }

    fn sealed_from(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, rusqlite::Error> {
        let mut statement = self
            .db
            .prepare_cached("SELECT key, value FROM kv WHERE key >= ?1 ORDER BY key")?;
        let mut rows = statement.query([prefix])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let key: String = row.get(0)?;
            if !key.starts_with(prefix) {
                break;
            }
            found.push((key, row.get(1)?));
        }
        Ok(found)
    }

    /// Makes all of a batch durable, or none of it. A value of `None` deletes its key.
    pub fn commit<'a>(
        &mut self,
        batch: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
    ) -> Result<(), StoreError> {
        let mut sealed = Vec::new();
        for (key, value) in batch {
            sealed.push((key, value.map(|value| self.seal(key, value)).transpose()?));
        }
        if sealed.is_empty() {
            return Ok(());
        }
        self.write(&sealed)
            .map_err(|error| self.sort("write", error))
    }

    fn write(&mut self, batch: &[(&str, Option<Vec<u8>>)]) -> Result<(), rusqlite::Error> {
        let tx = self.db.transaction()?;
        for (key, value) in batch {
            match value {
                Some(value) => tx
                    .prepare_cached(
                        "INSERT INTO kv (key, value) VALUES (?1, ?2) \
                         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    )?
                    .execute(params![key, value])?,
                None => tx
                    .prepare_cached("DELETE FROM kv WHERE key = ?1")?
                    .execute([key])?,
            };
        }
        tx.commit()
    }

    /// Makes or checks the table, the version and the incarnation; says whether it is a copy.
    fn prepare(&mut self, incarnation: &Path) -> Result<bool, StoreError> {
        let number = |name| -> Result<i64, StoreError> {
            self.db
                .pragma_query_value(None, name, |row| row.get(0))
                .map_err(|error| self.sort("open", error))
        };
        let (found, application) = (number("user_version")?, number("application_id")?);
        let tables: i64 = self
            .db
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(|error| self.sort("open", error))?;
        if tables == 0 {
            self.make(incarnation)?;
            return Ok(false);
        }
        if application != APPLICATION {
            let path = self.path.clone();
            return Err(StoreError::NotAStore { path });
        }
        if found > VERSION {
            let path = self.path.clone();
            return Err(StoreError::Newer { path, found });
        }
        let made_in = self.get(MADE_IN).map_err(|error| match error {
            StoreError::Damaged { path, .. } => StoreError::WrongKey { path },
            other => other,
        })?;
        let here = match std::fs::read(incarnation) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(files("read", incarnation, source)),
        };
        Ok(here.is_none() || here != made_in)
    }

    /// From here on the store belongs to this installation.
    pub fn settle_here(&mut self, incarnation: &Path) -> Result<(), StoreError> {
        let here = random::<16>()?;
        write_private(&incarnation.join(INCARNATION), &here)?;
        self.commit([(MADE_IN, Some(here.as_slice()))])?;
        self.is_copy = false;
        Ok(())
    }

    fn make(&mut self, incarnation: &Path) -> Result<(), StoreError> {
        if let Some(parent) = incarnation.parent() {
            make_private(parent)?;
        }
        // The file comes first: a store that was cut off before its table stood is made again.
        let here = random::<16>()?;
        write_private(incarnation, &here)?;
        let made_in = self.seal(MADE_IN, &here)?;
        let make = || -> Result<(), rusqlite::Error> {
            let tx = self.db.unchecked_transaction()?;
            tx.execute_batch(&format!(
                "CREATE TABLE kv (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
                 PRAGMA application_id = {APPLICATION};
                 PRAGMA user_version = {VERSION};"
            ))?;
            tx.execute(
                "INSERT INTO kv (key, value) VALUES (?1, ?2)",
                params![MADE_IN, made_in],
            )?;
            tx.commit()
        };
        make().map_err(|error| self.sort("make", error))
    }

    fn seal(&self, key: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce = random::<NONCE>()?;
        let aad = key.as_bytes();
        let payload = Payload { msg: value, aad };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        // The only refusal of the cipher is a message of more than 256 GB.
        let sealed = sealed.map_err(|_| self.damaged(key))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn unseal(&self, key: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let aad = key.as_bytes();
        let open = || {
            let (nonce, msg) = sealed.split_first_chunk::<NONCE>()?;
            let payload = Payload { msg, aad };
            self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()
        };
        open().ok_or_else(|| self.damaged(key))
    }

    fn damaged(&self, key: &str) -> StoreError {
        StoreError::Damaged {
            path: self.path.clone(),
            key: key.to_owned(),
        }
    }

    fn sort(&self, doing: &'static str, error: rusqlite::Error) -> StoreError {
        sort(doing, &self.path, error)
    }
}

/// What stands in the way, by SQLite's code for it.
fn sort(doing: &'static str, path: &Path, source: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::InUse { path },
        Some(ErrorCode::NotADatabase) => StoreError::NotAStore { path },
        _ => StoreError::Sql {
            doing,
            path,
            source,
        },
    }
}

pub(crate) fn files(doing: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    let path = path.to_owned();
    match source.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full { path },
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied
            if doing != "read" =>
        {
            StoreError::ReadOnly { path }
        }
        _ => StoreError::Files {
            doing,
            path,
            source,
        },
    }
}

/// Makes a folder that only its owner may enter; one that is there already is left as it is.
pub(crate) fn make_private(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .map_err(|error| files("make the folder", dir, error))
}

/// Writes a file that only its owner may read, whole or not at all, and has it on the disk.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    use std::io::Write;
    let part = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || -> std::io::Result<()> {
        let mut file = options.open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    write().map_err(|error| files("write", path, error))
}

/// A name is on the disk once its folder is.
pub(crate) fn sync_folder(dir: &Path) -> std::io::Result<()> {
    match cfg!(unix) {
        true => std::fs::File::open(dir)?.sync_all(),
        false => Ok(()),
    }
}
