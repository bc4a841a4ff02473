//! How do two apps hand over what their phones hold?

use std::path::Path;

use sync_core::fieldbook::Input;

use super::{Failure, Fieldbook};
use crate::PhoneError;

/// What a package of another phone brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Taken {
    /// Envelopes that are new here.
    pub stored: u64,
    /// Of these, how many wait for one that is missing.
    pub waiting: u64,
    /// Acts in the records now, provisionally.
    pub acts: u64,
    /// Acts that are not let in here.
    pub held: u64,
}

#[uniffi::export]
impl Fieldbook {
    /// Everything this phone holds, as one package for another phone's [`Fieldbook::take`]: over
    /// whatever the platform has.
    pub async fn give(&self) -> Result<Vec<u8>, Failure> {
        loop {
            self.drive(Input::Close).await?;
            match self.with(|phone| Ok(phone.give()))? {
                // Something was recorded since, and waits for its signature.
                Err(PhoneError::NoKey) => {}
                given => return Ok(given?),
            }
        }
    }

    /// The same into a file.
    pub async fn give_file(&self, path: String) -> Result<u64, Failure> {
        let package = self.give().await?;
        let written = std::fs::write(&path, &package);
        written.map_err(|source| file("write", &path, source))?;
        Ok(package.len() as u64)
    }

    /// Takes what another phone of the station has given. Taking it twice is no harm.
    pub fn take(&self, package: Vec<u8>) -> Result<Taken, Failure> {
        let taken = self.with(|phone| Ok(phone.take(&package)?))?;
        self.lock_line().wanted = true;
        self.tell();
        Ok(Taken {
            stored: taken.stored,
            waiting: taken.waiting,
            acts: taken.acts,
            held: taken.held,
        })
    }

    /// The same from a file.
    pub fn take_file(&self, path: String) -> Result<Taken, Failure> {
        let package = std::fs::read(&path);
        self.take(package.map_err(|source| file("read", &path, source))?)
    }
}

fn file(doing: &'static str, path: &str, source: std::io::Error) -> PhoneError {
    PhoneError::File {
        doing,
        path: Path::new(path).to_owned(),
        source,
    }
}
