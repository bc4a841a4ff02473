//! Which letters of a text can its reader see?
//!
//! A record may hold any text that a stranger's phone has sent. A letter that turns the direction
//! of reading would rearrange what stands beside it, one of no width would make two names look
//! alike, and a control letter would drive a terminal. Pages and terminals show such a letter by
//! its code.

use std::fmt::Write as _;

/// A letter as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Letter(char),
    /// A letter that nobody could see.
    Code(char),
}

/// Accents that may stand on one letter; more would run over the lines above and below.
const MAX_ACCENTS: usize = 3;

/// The letters of a text, each as it is shown.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece> {
    let mut accents = 0;
    let mut last = ' ';
    text.chars().map(move |letter| {
        accents = if is_accent(letter) { accents + 1 } else { 0 };
        // Joined pictures, such as a family, are one letter to their reader.
        let joins = letter == '\u{200d}' && (last >= '\u{1f000}' || last == '\u{fe0f}');
        last = letter;
        match accents > MAX_ACCENTS || (is_unseen(letter) && !joins) {
            true => Piece::Code(letter),
            false => Piece::Letter(letter),
        }
    })
}

/// The text with each such letter as `[U+202E]`.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Letter(letter) => plain.push(letter),
            Piece::Code(code) => {
                let _ = write!(plain, "[{}]", name(code));
            }
        }
    }
    plain
}

/// The same JSON with each such letter as `\u202e`. Outside of strings JSON has none.
pub fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        match is_unseen(letter) {
            false => escaped.push(letter),
            true => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}

/// `U+202E`
pub fn name(letter: char) -> String {
    format!("U+{:04X}", u32::from(letter))
}

/// Controls, directions, letters without width, tags, and what stands for no letter at all.
pub fn is_unseen(letter: char) -> bool {
    // The last two of every plane are no letters, and no XML may hold the first of them.
    if u32::from(letter) & 0xfffe == 0xfffe {
        return true;
    }
    matches!(letter,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}'
        | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
        | '\u{3164}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e000}'..='\u{f8ff}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

fn is_accent(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{e31}'..='\u{e4e}'
        | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_named_and_what_can_stays() {
        for (text, shown) in [
            ("张\u{202e}三", "张[U+202E]三"),
            ("\u{1b}[31m\u{9b}31m", "[U+001B][31m[U+009B]31m"),
            ("两\n行\t格", "两\n行\t格"),
            ("👩\u{200d}👧", "👩\u{200d}👧"),
            ("a\u{200d}b", "a[U+200D]b"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn escaped_json_means_the_same() {
        for text in [
            "\u{9b}31m\u{7f}",
            "\u{202e}\u{200b}",
            "\u{e0041}\u{feff}",
            "锦华苑\n\"\\",
        ] {
            let json = serde_json::to_string(text).unwrap();
            let escaped = escaped(&json);
            assert!(!escaped.contains(is_unseen), "{escaped}");
            assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }
    }
}
