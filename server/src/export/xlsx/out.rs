//! Why did writing a spreadsheet break off?

use std::io::{self, Write};

/// Keeps the reason why writing broke off, which is lost on the way through the archive.
#[derive(Debug)]
pub struct Noting<'a, W> {
    pub out: &'a mut W,
    pub broke: Option<io::ErrorKind>,
}

impl<W: Write> Write for Noting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.out.write(bytes);
        self.note(outcome)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.out.flush();
        self.note(outcome)
    }
}

impl<W> Noting<'_, W> {
    fn note<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &outcome
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.broke = Some(error.kind());
        }
        outcome
    }
}
