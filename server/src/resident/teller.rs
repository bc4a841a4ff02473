//! What a card says to a resident, in one language: names, numbers, hours, today.

use sync_core::catalogue::Language as CatalogueLanguage;

use super::words::Words;
use crate::card::Card;
use crate::card::duty::{Answer, Today};
use crate::card::hours::Span;
use crate::card::read::Place;
use crate::card::standing::Reason;
use crate::messages::Language;
use crate::pages::ink::{Ink, plain};
use crate::pages::time::Times;
use crate::pages::words::Words as PageWords;

/// Tells one station's cards in one language.
pub struct Teller<'a> {
    w: &'static Words,
    place: &'a Place,
    times: Times,
    language: Language,
}

impl<'a> Teller<'a> {
    pub fn new(language: Language, place: &'a Place) -> Teller<'a> {
        Teller {
            w: Words::of(language),
            place,
            times: Times {
                offset: place.offset(),
                language,
            },
            language,
        }
    }

    pub fn person(&self, card: &Card, photo: Option<String>) -> Person {
        let current = &card.standing.current;
        let name = Ink::written(&current.name);
        Person {
            photo_of: Ink::sentence(
                &self.w.photo_of,
                &[("name", Ink::label(&plain(&current.name)))],
            ),
            name,
            post: Ink::written(&current.post),
            squad: Ink::written(&card.content.squad),
            badge: Ink::written(&current.badge_no),
            photo,
        }
    }

    /// The first thing that makes the paper differ from what is so.
    pub fn warning(&self, card: &Card) -> Option<Ink> {
        let reasons = &card.standing.reasons;
        let any = |of: &[Reason]| of.iter().any(|reason| reasons.contains(reason));
        let text = if any(&[Reason::OfficerLeft]) {
            &self.w.stale_left
        } else if any(&[Reason::PhoneChanged]) {
            &self.w.stale_phone
        } else if any(&[
            Reason::NameChanged,
            Reason::PostChanged,
            Reason::CertificateChanged,
        ]) {
            &self.w.stale_person
        } else if any(&[Reason::Edited, Reason::CheckFailed, Reason::Marked]) {
            &self.w.stale
        } else if any(&[Reason::CheckOverdue]) {
            &self.w.stale_check
        } else {
            return None;
        };
        let name = Ink::written(&card.standing.current.name);
        Some(Ink::sentence(text, &[("name", name)]))
    }

    /// The officer's own number, unless the officer has left, then the station's.
    pub fn calls(&self, card: &Card) -> Vec<Call> {
        let mut calls = Vec::new();
        let phone = &card.standing.current.phone;
        if !card.standing.officer_left && !phone.is_empty() {
            calls.push(self.call("", phone));
        }
        calls.extend(self.fallback(card));
        calls
    }

    pub fn fallback(&self, card: &Card) -> Vec<Call> {
        let phone = &card.content.fallback_phone;
        let call = (!phone.is_empty()).then(|| self.call(&self.w.fallback, phone));
        call.into_iter().collect()
    }

    fn call(&self, label: &str, phone: &str) -> Call {
        Call {
            label: Ink::label(label),
            href: tel(phone),
            button: Ink::sentence(&self.w.call, &[("phone", Ink::written(phone))]),
            text: Ink::written(phone),
        }
    }

    pub fn facts(&self, card: &Card) -> Facts {
        let content = &card.content;
        let visit =
            |place: &str| Ink::sentence(&self.w.report_visit, &[("place", Ink::written(place))]);
        Facts {
            hours: content
                .hours
                .iter()
                .map(|w| self.window(&w.code, w.span))
                .collect(),
            place: Ink::written(&content.station_place),
            visit: Some(content.station_place.as_str())
                .filter(|place| !place.is_empty())
                .map(visit),
            supervision: Ink::written(&content.supervision_channel),
            commitments: lines(&content.commitments),
            duties: lines(&content.duty_scope),
            checked: match card.standing.verified {
                Some(day) => {
                    let day = Ink::label(&self.times.day(&day.to_string()));
                    Ink::sentence(&self.w.checked_on, &[("day", day)])
                }
                None => Ink::label(&self.w.checked_never),
            },
            code: Ink::label(&card.code.to_string()),
            privacy_who: Ink::sentence(
                &self.w.privacy_who,
                &[("station", Ink::written(&self.place.station.name))],
            ),
        }
    }

    fn window(&self, code: &str, span: Span) -> Ink {
        let language = match self.language {
            Language::Zh => CatalogueLanguage::Zh,
            Language::En => CatalogueLanguage::En,
        };
        let list = self.place.catalogue.codes.get("service_day");
        let label = list.and_then(|list| list.code(code));
        let day = match label {
            Some(code) => Ink::label(code.label.get(language)),
            None => Ink::written(code),
        };
        self.spanned(&self.w.hours_from_until, span, day)
    }

    fn spanned(&self, sentence: &str, span: Span, day: Ink) -> Ink {
        let (from, until) = span.times();
        let parts = [
            ("day", day),
            ("from", Ink::label(&from)),
            ("until", Ink::label(&until)),
        ];
        Ink::sentence(sentence, &parts)
    }

    pub fn today(&self, card: &Card, today: &Today) -> TodayView {
        let w = self.w;
        let clock = |at: i64| Ink::label(&self.times.moment_after(at, self.place.now));
        let none = Ink::default;
        let mut lines = Vec::new();
        let answer = match today.answer() {
            Answer::Here(session) => {
                let came = [
                    ("came", clock(session.came)),
                    ("heard", clock(session.heard)),
                ];
                lines.push(Ink::sentence(&w.today_here_source, &came));
                let name = Ink::written(&card.standing.current.name);
                match session.is_officer {
                    true => Ink::sentence(&w.today_here_officer, &[("name", name)]),
                    false => Ink::label(&w.today_here),
                }
            }
            Answer::Away(session) => {
                let went = session.went.unwrap_or(session.heard);
                let went = [("went", clock(went)), ("heard", clock(session.heard))];
                lines.push(Ink::sentence(&w.today_away_source, &went));
                Ink::label(&w.today_away)
            }
            Answer::Promised(span) => {
                lines.push(Ink::label(&w.today_promised_source));
                self.spanned(&w.today_promised, span, none())
            }
            Answer::Later(span) => {
                lines.push(Ink::label(&w.today_hours_source));
                self.spanned(&w.today_later, span, none())
            }
            Answer::Over => {
                lines.push(Ink::label(&w.today_hours_source));
                Ink::label(&w.today_over)
            }
            Answer::NotToday => {
                lines.push(Ink::label(&w.today_hours_source));
                Ink::label(match today.holiday {
                    true => &w.today_holiday,
                    false => &w.today_not,
                })
            }
        };
        let elsewhen = matches!(
            today.answer(),
            Answer::Away(_) | Answer::Over | Answer::NotToday
        );
        if let Some(next) = today.next.filter(|_| elsewhen) {
            let day = self
                .times
                .day_and_weekday(&next.day.to_string(), PageWords::of(self.language));
            lines.insert(0, self.spanned(&w.today_next, next.span, Ink::label(&day)));
        }
        let at = Ink::label(&self.times.moment(self.place.now));
        lines.push(Ink::sentence(&w.today_as_of, &[("at", at)]));
        TodayView { answer, lines }
    }
}

#[derive(Debug)]
pub struct Person {
    pub name: Ink,
    pub post: Ink,
    pub squad: Ink,
    pub badge: Ink,
    pub photo: Option<String>,
    pub photo_of: Ink,
}

/// A number to call; what is no number is shown and not dialled.
#[derive(Debug)]
pub struct Call {
    pub label: Ink,
    pub href: Option<String>,
    pub text: Ink,
    pub button: Ink,
}

#[derive(Debug)]
pub struct TodayView {
    pub answer: Ink,
    pub lines: Vec<Ink>,
}

#[derive(Debug)]
pub struct Facts {
    pub hours: Vec<Ink>,
    pub place: Ink,
    pub visit: Option<Ink>,
    pub supervision: Ink,
    pub commitments: Vec<Ink>,
    pub duties: Vec<Ink>,
    pub checked: Ink,
    pub code: Ink,
    pub privacy_who: Ink,
}

fn lines(text: &str) -> Vec<Ink> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(Ink::written)
        .collect()
}

/// What a phone dials: the digits, and after an extension's sign the rest. None where there are
/// too few or too many for a number, so that no text that was slipped in is dialled.
fn tel(phone: &str) -> Option<String> {
    let (number, extension) = match phone.find(['转', '#', '*']) {
        Some(at) => phone.split_at(at),
        None => (phone, ""),
    };
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let (dialled, extension) = (digits(number), digits(extension));
    let known = |c: char| c.is_ascii_digit() || " +-()".contains(c);
    if !(3..=15).contains(&dialled.len()) || !number.chars().all(known) {
        return None;
    }
    let plus = if number.trim_start().starts_with('+') {
        "+"
    } else {
        ""
    };
    let pause = match extension.is_empty() {
        true => String::new(),
        false => format!(",{extension}"),
    };
    Some(format!("tel:{plus}{dialled}{pause}"))
}

#[cfg(test)]
mod tests {
    use super::tel;

    #[test]
    fn a_phone_is_dialled_and_a_text_is_not() {
        for (phone, href) in [
            ("021-6400 0000", Some("tel:02164000000")),
            ("+86 (21) 64000000", Some("tel:+862164000000")),
            ("64000000转8012", Some("tel:64000000,8012")),
            ("12345", Some("tel:12345")),
            ("javascript:alert(12345)", None),
            ("打给我 13800000000", None),
            ("12", None),
            ("1234567890123456", None),
            ("", None),
        ] {
            assert_eq!(tel(phone).as_deref(), href, "{phone}");
        }
    }
}
