//! The folder named by `--data`: the embedded database, the server's keys, and where the
//! database is when it is elsewhere.
//!
//! ```text
//! DIR/wardbook.db        the books, unless they are in PostgreSQL
//! DIR/database           the URL of the PostgreSQL that `init` was given
//! DIR/keys/<station>.key 32 bytes: the key that signs for the server in this station
//! ```

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sync_core::envelope::SoftKey;
use sync_core::ids::StationId;

use crate::clock::Clock;
use crate::db::Location;
use crate::error::{Error, Result};

#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

impl DataDir {
    pub fn new(path: impl Into<PathBuf>) -> DataDir {
        DataDir(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder, readable by its owner alone.
    pub fn create(&self) -> Result<()> {
        let keys = self.0.join("keys");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&keys)
            .map_err(|source| Error::file("making the folder", keys, source))
    }

    /// Where the books are: `given` on the command line, else as `init` was told, else here.
    pub fn location(&self, given: Option<&str>) -> Result<Location> {
        if let Some(url) = given {
            return Ok(Location::Url(url.to_owned()));
        }
        let file = self.0.join("database");
        match fs::read_to_string(&file) {
            Ok(url) => Ok(Location::Url(url.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Ok(Location::File(self.0.join("wardbook.db")))
            }
            Err(source) => Err(Error::file("reading", file, source)),
        }
    }

    /// Remembers the database's address for every later command.
    pub fn remember_location(&self, location: &Location) -> Result<()> {
        match location {
            Location::File(_) => Ok(()),
            Location::Url(url) => write_private(&self.0.join("database"), url.as_bytes()),
        }
    }

    /// Makes the station's key. One that is there already is kept: it may have signed.
    pub fn create_key(&self, station: &StationId, clock: &Clock) -> Result<SoftKey> {
        match self.key(station) {
            Err(Error::KeyMissing { .. }) => {}
            found => return found,
        }
        // Almost every 32 bytes are a key; those that are none are drawn again.
        let (secret, key) = loop {
            let secret = clock.entropy();
            if let Some(key) = SoftKey::from_secret(&secret) {
                break (secret, key);
            }
        };
        write_private(&self.key_path(station), &secret)?;
        Ok(key)
    }

    /// The key with which the server signs in the station.
    pub fn key(&self, station: &StationId) -> Result<SoftKey> {
        let path = self.key_path(station);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::KeyMissing {
                    station: station.clone(),
                    path,
                });
            }
            Err(source) => return Err(Error::file("reading the server key", path, source)),
        };
        <[u8; 32]>::try_from(bytes.as_slice())
            .ok()
            .and_then(|secret| SoftKey::from_secret(&secret))
            .ok_or(Error::BadKey { path })
    }

    fn key_path(&self, station: &StationId) -> PathBuf {
        self.0.join("keys").join(format!("{station}.key"))
    }
}

/// Writes a file that its owner alone may read, whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        if let Some(folder) = path.parent() {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|source| Error::file("writing", path, source))
}
