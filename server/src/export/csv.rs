//! A book as CSV (RFC 4180, UTF-8 with byte order mark, so that spreadsheets in Chinese read it):
//! a header, then one row a line. After the book's own columns come local number, records,
//! amendments, conflicts and marks.

use std::borrow::Cow;
use std::io::{self, Write};

use sync_core::book::{Page, PageRow};
use sync_core::letters::plain;

use super::print::Print;

pub fn header(out: &mut impl Write, page: &Page, print: Print) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let words = print.words();
    let own = page.columns.iter().map(|column| print.said(&column.label));
    let added = [
        &words.local_number,
        &words.records,
        &words.amendments,
        &words.conflicts,
        &words.marks,
    ];
    let header: Vec<&str> = own.chain(added.map(String::as_str)).collect();
    record(out, &header)
}

pub fn row(out: &mut impl Write, page: &Page, row: &PageRow, print: Print) -> io::Result<()> {
    let own = row.cells.iter().map(|cell| print.said(&cell.text));
    let records: Vec<String> = row.records.iter().map(ToString::to_string).collect();
    let added = [
        row.provisional.clone(),
        records.join(" "),
        print.amendments(page, row).join("\n"),
        print.conflicts(row).join("\n"),
        print.marks(row),
    ];
    let fields: Vec<&str> = own.chain(added.iter().map(String::as_str)).collect();
    record(out, &fields)
}

/// One row, in which no spreadsheet runs anything and no terminal obeys anything.
pub fn record(out: &mut impl Write, fields: &[&str]) -> io::Result<()> {
    for (at, text) in fields.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        out.write_all(quoted(&harmless(&plain(text))).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// A spreadsheet takes a cell that begins so for a formula and runs it, also one that its reader
/// would find after trimming.
fn harmless(text: &str) -> Cow<'_, str> {
    let begins = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'
        )
    };
    if text
        .trim_start_matches([' ', '\n', '\u{3000}', '\u{feff}'])
        .starts_with(begins)
    {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fields: &[&str]) -> String {
        let mut out = Vec::new();
        record(&mut out, fields).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_written_as_text() {
        assert_eq!(
            written(&["=1+1", "+8613800", "-2", "@cmd"]),
            "'=1+1,'+8613800,'-2,'@cmd\r\n"
        );
        assert_eq!(written(&["\t=1", " =1", "＝1"]), "'\t=1,' =1,'＝1\r\n");
        assert_eq!(
            written(&["\r=1", "\u{1b}[2J\u{202e}"]),
            "[U+000D]=1,[U+001B][2J[U+202E]\r\n"
        );
        assert_eq!(written(&["1-2", "锦华路", ""]), "1-2,锦华路,\r\n");
    }

    #[test]
    fn quotes_commas_and_line_ends_stay_inside_their_field() {
        assert_eq!(
            written(&["a,b", "说\"好\"", "一\n二"]),
            "\"a,b\",\"说\"\"好\"\"\",\"一\n二\"\r\n"
        );
    }
}
