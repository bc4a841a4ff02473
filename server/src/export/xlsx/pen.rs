//! How is one cell written?

use jiff::civil::DateTime;
use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet, XlsxError};
use sync_core::letters::plain;

use super::cell::{Content, Ink, Piece};
use super::style::Styles;

/// What a spreadsheet takes in one cell, in UTF-16 units.
const CELL: usize = 32_767;

#[derive(Debug)]
pub struct Pen<'a> {
    pub styles: &'a Styles,
    pub text: &'a Format,
    /// Stands where a text was cut.
    pub note: &'a str,
}

impl Pen<'_> {
    pub fn write(
        &self,
        sheet: &mut Worksheet,
        (row, at): (u32, u16),
        content: &Content,
    ) -> Result<(), XlsxError> {
        let (styles, text) = (self.styles, self.text);
        match content {
            Content::Blank => sheet.write_blank(row, at, text)?,
            Content::Text(said) => {
                sheet.write_string_with_format(row, at, cut(said, self.note), text)?
            }
            Content::Number(n) => sheet.write_number_with_format(row, at, *n, &styles.number)?,
            Content::Day(day) => {
                let midnight = moment(day.at(0, 0, 0, 0))?;
                sheet.write_datetime_with_format(row, at, &midnight, &styles.day)?
            }
            Content::Moment(when) => {
                sheet.write_datetime_with_format(row, at, &moment(*when)?, &styles.moment)?
            }
            Content::Pieces(pieces) => return self.pieces(sheet, (row, at), pieces),
        };
        Ok(())
    }

    fn pieces(
        &self,
        sheet: &mut Worksheet,
        (row, at): (u32, u16),
        pieces: &[Piece],
    ) -> Result<(), XlsxError> {
        let texts: Vec<String> = pieces.iter().map(|piece| plain(&piece.text)).collect();
        let mut runs: Vec<(&Format, &str)> = Vec::new();
        for (piece, text) in pieces.iter().zip(&texts) {
            if !runs.is_empty() {
                runs.push((self.styles.of(Ink::Plain), "\n"));
            }
            runs.push((self.styles.of(piece.ink), text));
        }
        match sheet.write_rich_string_with_format(row, at, &runs, self.text) {
            // The limit counts the runs' markup too.
            Err(XlsxError::MaxStringLengthExceeded) => {
                let all = cut(&texts.join("\n→ "), self.note);
                sheet.write_string_with_format(row, at, all, self.text)?;
            }
            outcome => {
                outcome?;
            }
        }
        Ok(())
    }
}

/// A text that a cell takes, as pages show it: XML has no place for control letters. One that is
/// too long says where the rest is.
pub fn cut(text: &str, note: &str) -> String {
    let text = plain(text);
    if text.encode_utf16().count() <= CELL {
        return text;
    }
    let mut room = CELL - note.encode_utf16().count().min(CELL);
    let fits = |c: &char| {
        let size = c.len_utf16();
        let fits = size <= room;
        room = if fits { room - size } else { 0 };
        fits
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push_str(note);
    kept
}

pub fn moment(at: DateTime) -> Result<ExcelDateTime, XlsxError> {
    let part = |n: i8| u8::try_from(n).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    ExcelDateTime::from_ymd(year, part(at.month()), part(at.day()))?.and_hms(
        u16::try_from(at.hour()).unwrap_or_default(),
        part(at.minute()),
        f64::from(at.second()),
    )
}
