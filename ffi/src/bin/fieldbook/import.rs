use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use ffi::Phone;
use sync_core::letters::plain;

use crate::failure::Failure;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Import {
    /// A file of acts, one JSON object a line. Played again, it goes on where it was cut short
    file: PathBuf,
    /// Print each act's id once it is SAVED
    #[arg(long)]
    ack: bool,
}

impl Import {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let ack = self.ack;
        let mut out = std::io::stdout().lock();
        let imported = phone.import(&self.file, |line| match ack {
            true => writeln!(out, "{}", plain(&line.id)).and_then(|()| out.flush()),
            false => Ok(()),
        })?;
        drop(out);
        if !ack {
            let fill = [
                ("saved", imported.saved.to_string()),
                ("skipped", imported.skipped.to_string()),
            ];
            say.line(&say.text("say", "imported", &fill));
        }
        Ok(())
    }
}
