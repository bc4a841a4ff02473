use std::path::{Path, PathBuf};

use clap::Args;
use ffi::{Phone, PhoneError};

use crate::failure::Failure;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Give {
    /// The file to write
    file: PathBuf,
}

impl Give {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let package = phone.give()?;
        let written = std::fs::write(&self.file, &package);
        written.map_err(|source| file("write", &self.file, source))?;
        let fill = [
            ("bytes", package.len().to_string()),
            ("path", self.file.display().to_string()),
        ];
        say.line(&say.text("say", "given", &fill));
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Take {
    /// The file that another phone has written
    file: PathBuf,
}

impl Take {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let package = ffi::files::read(&self.file)?;
        let taken = phone.take(&package).map_err(|error| match error {
            PhoneError::NoPackage => Failure::NoPackage(self.file.clone()),
            other => Failure::Phone(other),
        })?;
        let fill = [
            ("stored", taken.stored.to_string()),
            ("waiting", taken.waiting.to_string()),
            ("acts", taken.acts.to_string()),
            ("held", taken.held.to_string()),
        ];
        say.line(&say.text("say", "taken", &fill));
        Ok(())
    }
}

fn file(doing: &'static str, path: &Path, source: std::io::Error) -> PhoneError {
    PhoneError::File {
        doing,
        path: path.to_owned(),
        source,
    }
}
