//! A book as CSV (RFC 4180, UTF-8 with byte order mark, so that spreadsheets in Chinese read it):
//! a header, then one row a line. After the book's own columns come local number, records,
//! amendments, conflicts and marks.

use std::borrow::Cow;
use std::io::{self, Write};

use sync_core::book::{Page, PageRow};
use sync_core::letters::plain;

use super::print::Print;

/// What tells a spreadsheet that it reads UTF-8.
pub fn begin(out: &mut impl Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())
}

pub fn header(out: &mut impl Write, page: &Page, print: Print) -> io::Result<()> {
    begin(out)?;
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
/// would find after trimming. A plain number with its sign is no formula and stays a number.
fn harmless(text: &str) -> Cow<'_, str> {
    if is_number(text) {
        return Cow::Borrowed(text);
    }
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

/// `-2`, `+3`, `-0.5`, `+4.2%`: digits with at most one point between them, and nothing else that
/// a formula could be made of. A phone number abroad (`+8613800138000`) is none: a spreadsheet
/// would round it.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = digits.strip_suffix('%').unwrap_or(digits);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(part) && digits.len() <= LONGEST_NUMBER
}

/// A number of more digits is a code.
const LONGEST_NUMBER: usize = 10;

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
            written(&["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@cmd"]),
            "'=1+1,'+cmd,'-cmd|' /C calc'!A0,'@cmd\r\n"
        );
        assert_eq!(
            written(&["+8613800138000", "-2+3", "--2", "-", "- 2", "-1e5", "-2\t"]),
            "'+8613800138000,'-2+3,'--2,'-,'- 2,'-1e5,'-2\t\r\n"
        );
        assert_eq!(written(&["\t=1", " =1", "＝1"]), "'\t=1,' =1,'＝1\r\n");
        assert_eq!(
            written(&["\r=1", "\u{1b}[2J\u{202e}"]),
            "[U+000D]=1,[U+001B][2J[U+202E]\r\n"
        );
        assert_eq!(written(&["1-2", "锦华路", ""]), "1-2,锦华路,\r\n");
    }

    #[test]
    fn a_plain_number_stays_a_number() {
        assert_eq!(
            written(&["-2", "+3", "-0.5", "-4.2%", "-１", "-.5", "-2."]),
            "-2,+3,-0.5,-4.2%,'-１,'-.5,'-2.\r\n"
        );
    }

    #[test]
    fn quotes_commas_and_line_ends_stay_inside_their_field() {
        assert_eq!(
            written(&["a,b", "说\"好\"", "一\n二"]),
            "\"a,b\",\"说\"\"好\"\"\",\"一\n二\"\r\n"
        );
    }
}
