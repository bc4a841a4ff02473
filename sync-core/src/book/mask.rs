//! Personal values for those who may not see them.

use std::sync::Arc;

use crate::catalogue::{Datum, Field, Kind, Personal, RecordData};

const HIDDEN: &str = "****";

/// What may be shown of a personal value: `王**`, each of several names, `138****1234`, the street
/// without the number.
/// What does not look like its kind is hidden whole, since it may be anything.
pub fn mask(personal: Personal, value: &str) -> String {
    let value = value.trim();
    if value.is_empty() {
        return String::new();
    }
    match personal {
        Personal::Name => names(value),
        Personal::Phone => phone(value),
        Personal::Id => id(value),
        Personal::Address => address(value),
        Personal::Note => HIDDEN.to_owned(),
    }
}

/// A record whose personal fields say what may be shown of them. Whatever prints it prints no more.
pub(super) fn mask_data(data: &Arc<RecordData>, kind: &Kind) -> Arc<RecordData> {
    let mut masked = data.clone();
    let fields = &mut Arc::make_mut(&mut masked).fields;
    for (name, datum) in fields.iter_mut() {
        if let Some(field) = kind.field(name) {
            mask_datum(datum, field);
        }
    }
    masked
}

fn mask_datum(datum: &mut Datum, field: &Field) {
    if let Datum::Rows(rows) = datum {
        for (name, datum) in rows.iter_mut().flatten() {
            if let Some(cell) = field.cell(name) {
                mask_datum(datum, cell);
            }
        }
    }
    let Some(personal) = field.personal else {
        return;
    };
    match datum {
        Datum::Empty => {}
        Datum::Text(text) => *text = mask(personal, text),
        Datum::List(items) => items.iter_mut().for_each(|item| mask_datum(item, field)),
        Datum::Rows(_)
        | Datum::Integer(_)
        | Datum::Decimal(_)
        | Datum::Boolean(_)
        | Datum::Instant(_)
        | Datum::Point { .. }
        | Datum::Track { .. } => *datum = Datum::Text(HIDDEN.to_owned()),
    }
}

fn names(value: &str) -> String {
    let is_between = |c: char| matches!(c, '、' | '，' | ',' | '；' | ';' | '/' | '\n');
    let mut masked = String::new();
    for piece in value.split_inclusive(is_between) {
        let name = piece.trim_end_matches(is_between);
        let (before, letters) = name.split_at(name.len() - name.trim_start().len());
        masked.push_str(before);
        if let Some(first) = letters.chars().next() {
            masked.push(first);
            masked.push_str("**");
        }
        masked.push_str(&piece[name.len()..]);
    }
    masked
}

fn phone(value: &str) -> String {
    let is_phone = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '(' | ')');
    let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
    if !value.chars().all(is_phone) || digits.len() < 7 {
        return HIDDEN.to_owned();
    }
    let (start, end) = if digits.len() >= 11 { (3, 4) } else { (0, 2) };
    ends(&digits, start, end, HIDDEN)
}

fn id(value: &str) -> String {
    let letters: Vec<char> = value.chars().collect();
    if letters.len() < 15 || !letters.iter().all(char::is_ascii_alphanumeric) {
        return HIDDEN.to_owned();
    }
    ends(&letters, 3, 2, &"*".repeat(letters.len() - 5))
}

fn address(value: &str) -> String {
    let ends_street = |c: char| matches!(c, '路' | '街' | '镇' | '乡' | '村' | '道');
    let letters: Vec<char> = value.chars().collect();
    let street = letters.iter().position(|c| ends_street(*c));
    let shown = street.map_or(letters.len() / 3, |at| at + 1);
    ends(&letters, shown, 0, HIDDEN)
}

fn ends(letters: &[char], start: usize, end: usize, between: &str) -> String {
    let mut shown: String = letters[..start].iter().collect();
    shown.push_str(between);
    shown.extend(&letters[letters.len() - end..]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_keeps_what_may_be_seen() {
        assert_eq!(mask(Personal::Name, "王小明"), "王**");
        assert_eq!(mask(Personal::Phone, "138 0013 1234"), "138****1234");
        assert_eq!(mask(Personal::Phone, "8765432"), "****32");
        assert_eq!(
            mask(Personal::Id, "310000199001010012"),
            "310*************12"
        );
        assert_eq!(
            mask(Personal::Address, "锦江区春熙路12号3栋"),
            "锦江区春熙路****"
        );
        assert_eq!(mask(Personal::Note, "住在三楼"), "****");
        assert_eq!(mask(Personal::Name, " "), "");
        assert_eq!(
            mask(Personal::Name, "王小明、李雷, Han Mei"),
            "王**、李**, H**"
        );
        assert_eq!(mask(Personal::Name, "王小明；；"), "王**；；");
    }

    #[test]
    fn what_does_not_look_like_its_kind_is_hidden_whole() {
        assert_eq!(mask(Personal::Phone, "13800131234 王小明"), "****");
        assert_eq!(mask(Personal::Phone, "123"), "****");
        assert_eq!(mask(Personal::Id, "王小明"), "****");
        assert_eq!(mask(Personal::Address, "三栋"), "****");
    }
}
