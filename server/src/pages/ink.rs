//! What people wrote, made ready for a page: escaped, kept apart from the text around it, and with
//! nothing in it that cannot be seen.
//!
//! Each text stands in a `bdi`, and what [`sync_core::letters`] calls unseen is shown by its code.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use sync_core::letters::{Piece, is_unseen, name, pieces};

/// The text without markup, for places such as a title where there can be none.
pub use sync_core::letters::plain;

/// HTML that is safe to print as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ink(String);

impl HtmlSafe for Ink {}

impl fmt::Display for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Letters of a text in a box.
const MAX_TYPED: usize = 200;

impl Ink {
    /// What somebody wrote.
    pub fn written(text: &str) -> Ink {
        if text.is_empty() {
            return Ink::default();
        }
        Ink(format!("<bdi>{}</bdi>", shown(text)))
    }

    /// A label or sentence of ours.
    pub fn label(text: &str) -> Ink {
        Ink(shown(text))
    }

    /// A text of ours that may break after these letters and nowhere else.
    pub fn breaking(text: &str, after: &[char]) -> Ink {
        let parts: Vec<String> = text.split_inclusive(after).map(shown).collect();
        Ink(format!(
            "<span class=\"whole\">{}</span>",
            parts.join("<wbr>")
        ))
    }

    /// A sentence of ours with texts in the places of its `{names}`.
    pub fn sentence(text: &str, parts: &[(&str, Ink)]) -> Ink {
        let mut html = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            html.push_str(&shown(before));
            let part = from.find('}').and_then(|close| {
                let name = &from[1..close];
                let (_, ink) = parts.iter().find(|(known, _)| *known == name)?;
                Some((ink, close))
            });
            match part {
                Some((ink, close)) => {
                    html.push_str(&ink.0);
                    rest = &from[close + 1..];
                }
                None => {
                    html.push('{');
                    rest = &from[1..];
                }
            }
        }
        html.push_str(&shown(rest));
        Ink(html)
    }

    /// Several texts in one, with a label's text between them.
    pub fn joined<'a>(parts: impl IntoIterator<Item = &'a Ink>, between: &str) -> Ink {
        let texts: Vec<&str> = parts.into_iter().map(|ink| ink.0.as_str()).collect();
        Ink(texts.join(&shown(between)))
    }

    /// A text that leads somewhere; the address is one of ours.
    pub fn link(href: &str, text: &Ink) -> Ink {
        Ink(format!("<a href=\"{}\">{text}</a>", shown(href)))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The text as a box shows it again: without what cannot be seen, and no longer than anybody types.
pub fn typed(text: &str) -> String {
    text.chars()
        .filter(|letter| !is_unseen(*letter))
        .take(MAX_TYPED)
        .collect()
}

fn shown(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    pieces(text).for_each(|piece| match piece {
        Piece::Letter('&') => html.push_str("&amp;"),
        Piece::Letter('<') => html.push_str("&lt;"),
        Piece::Letter('>') => html.push_str("&gt;"),
        Piece::Letter('"') => html.push_str("&quot;"),
        Piece::Letter('\'') => html.push_str("&#39;"),
        Piece::Letter(letter) => html.push(letter),
        Piece::Code(code) => {
            let _ = write!(html, "<span class=\"code\">{}</span>", name(code));
        }
    });
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_and_not_obeyed() {
        let ink = Ink::written("<script>alert('1')</script>&\"");
        assert_eq!(
            ink.to_string(),
            "<bdi>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;</bdi>"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_named() {
        for (text, shown) in [
            ("张\u{202e}三", "张<span class=\"code\">U+202E</span>三"),
            ("\u{1b}[31m", "<span class=\"code\">U+001B</span>[31m"),
            ("a\u{200b}b", "a<span class=\"code\">U+200B</span>b"),
            ("两\n行", "两\n行"),
            ("👩\u{200d}👧", "👩\u{200d}👧"),
            ("é\u{301}\u{301}", "é\u{301}\u{301}"),
        ] {
            assert_eq!(
                Ink::written(text).to_string(),
                format!("<bdi>{shown}</bdi>")
            );
        }
        assert_eq!(plain("a\u{202e}<b"), "a[U+202E]<b");
        let tower = format!("z{}", "\u{301}".repeat(40));
        assert_eq!(
            Ink::written(&tower).to_string().matches("U+0301").count(),
            37
        );
    }

    #[test]
    fn a_sentence_takes_texts_in_any_order_and_trusts_none() {
        let by = Ink::written("<b>{at}");
        let sentence = Ink::sentence(
            "{at} 由 {by} 更正 {x",
            &[("by", by), ("at", Ink::label("9时"))],
        );
        assert_eq!(
            sentence.to_string(),
            "9时 由 <bdi>&lt;b&gt;{at}</bdi> 更正 {x"
        );
    }
}
