//! A card as a resident reads it, on a screen and on paper.

use askama::Template;
use sync_core::catalogue::Language as CatalogueLanguage;
use sync_core::ids::Hash;

use super::guard::{NOTICE, SHEET, STYLE};
use super::words::Words;
use crate::card::duty::{Answer, Today};
use crate::card::hours::Span;
use crate::card::read::Place;
use crate::card::standing::Reason;
use crate::card::{Card, State, qr};
use crate::error::{Error, Result};
use crate::messages::Language;
use crate::pages::Reader;
use crate::pages::ink::{Ink, plain};
use crate::pages::time::Times;
use crate::pages::words::Words as PageWords;

/// What the page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Screen,
    /// A card of A6, to hang in a stairwell or to take along.
    Card,
    /// A notice of A4, for a board.
    Notice,
}

#[derive(Debug, Template)]
#[template(path = "card.html")]
struct Screen {
    w: &'static Words,
    head: Head,
    station: Ink,
    warning: Option<Ink>,
    person: Person,
    call: Vec<Call>,
    today: Option<TodayView>,
    facts: Facts,
    print: [(String, Ink); 2],
}

#[derive(Debug, Template)]
#[template(path = "card_print.html")]
struct Print {
    w: &'static Words,
    head: Head,
    mode_style: &'static str,
    station: Ink,
    person: Person,
    call: Vec<Call>,
    facts: Facts,
    notice: bool,
    qr: Option<String>,
    scan: Ink,
    without_camera: Option<Ink>,
}

#[derive(Debug, Template)]
#[template(path = "card_plain.html")]
struct Plain {
    w: &'static Words,
    head: Head,
    heading: Ink,
    station: Option<Ink>,
    lines: Vec<Ink>,
    person: Option<(Person, String)>,
    call: Vec<Call>,
}

#[derive(Debug)]
struct Head {
    tag: &'static str,
    title: String,
    style: &'static str,
    other_language: String,
}

#[derive(Debug)]
struct Person {
    name: Ink,
    post: Ink,
    squad: Ink,
    badge: Ink,
    photo: Option<String>,
    photo_of: Ink,
}

/// A number to call; what is no number is shown and not dialled.
#[derive(Debug)]
struct Call {
    label: Ink,
    href: Option<String>,
    text: Ink,
    button: Ink,
}

#[derive(Debug)]
struct TodayView {
    answer: Ink,
    lines: Vec<Ink>,
}

#[derive(Debug)]
struct Facts {
    hours: Vec<Ink>,
    place: Ink,
    visit: Option<Ink>,
    supervision: Ink,
    commitments: Vec<Ink>,
    duties: Vec<Ink>,
    checked: Ink,
    code: Ink,
    privacy_who: Ink,
}

fn drawn(page: &impl Template) -> Result<String> {
    page.render().map_err(|_| Error::Page)
}

fn head(language: Language, title: &str, other_language: String) -> Head {
    Head {
        tag: match language {
            Language::Zh => "zh-CN",
            Language::En => "en",
        },
        title: plain(title),
        style: STYLE,
        other_language,
    }
}

fn head_for(reader: &Reader, title: &str) -> Head {
    let words = Words::of(reader.language);
    let other = reader.here(&[("lang", &words.other_language_tag)]);
    head(reader.language, title, other)
}

pub fn photo_path(card: &Card) -> String {
    let hash = card.content.photo.unwrap_or(Hash::ZERO).to_string();
    format!("/c/{}/photo?v={}", card.code.as_str(), &hash[..12])
}

pub fn screen(
    reader: &Reader,
    place: &Place,
    card: &Card,
    today: Option<&Today>,
) -> Result<String> {
    let w = Words::of(reader.language);
    let teller = Teller::new(reader.language, place);
    let print = |form: &str, label: &str| (reader.here(&[("print", form)]), Ink::label(label));
    let photo = card.content.photo.map(|_| photo_path(card));
    let title = format!("{} · {}", card.standing.current.name, w.title);
    drawn(&Screen {
        w,
        head: head_for(reader, &title),
        station: Ink::written(&place.station.name),
        warning: teller.warning(card),
        person: teller.person(card, photo),
        call: teller.calls(card),
        today: today.map(|today| teller.today(card, today)),
        facts: teller.facts(card),
        print: [
            print("notice", &w.print_notice),
            print("card", &w.print_card),
        ],
    })
}

/// A card for paper. `photo` is an address or the picture itself.
pub fn print(
    language: Language,
    place: &Place,
    card: &Card,
    form: Form,
    photo: Option<String>,
) -> Result<String> {
    let w = Words::of(language);
    let teller = Teller::new(language, place);
    let code = Ink::written(&card.code.to_string());
    let url = place.url(&card.code);
    let label = w.scan_label.replace("{code}", &card.code.to_string());
    let notice = form != Form::Card;
    drawn(&Print {
        w,
        head: head(
            language,
            &format!("{} {}", w.title, card.code),
            String::new(),
        ),
        mode_style: if notice { NOTICE } else { SHEET },
        station: Ink::written(&place.station.name),
        person: teller.person(card, photo),
        call: teller.calls(card),
        facts: Facts {
            code,
            ..teller.facts(card)
        },
        notice,
        qr: url.as_deref().and_then(|url| qr::svg(url, &label)),
        scan: Ink::label(if notice { &w.scan_notice } else { &w.scan_card }),
        without_camera: url.map(|url| {
            let url = Ink::breaking(&url, &['/', '.']);
            Ink::sentence(&w.without_camera, &[("url", url)])
        }),
    })
}

pub fn not_posted(reader: &Reader) -> Result<String> {
    let w = Words::of(reader.language);
    bare(reader, &w.not_posted, &w.not_posted_how)
}

/// There is no such card. It must always be drawn.
pub fn unknown(reader: &Reader) -> String {
    let w = Words::of(reader.language);
    bare(reader, &w.unknown, &w.unknown_how).unwrap_or_default()
}

pub fn failed(reader: &Reader) -> String {
    let w = Words::of(reader.language);
    bare(reader, &w.failed, &w.failed_how).unwrap_or_default()
}

fn bare(reader: &Reader, heading: &str, how: &str) -> Result<String> {
    drawn(&Plain {
        w: Words::of(reader.language),
        head: head_for(reader, heading),
        heading: Ink::label(heading),
        station: None,
        lines: vec![Ink::label(how)],
        person: None,
        call: Vec::new(),
    })
}

pub fn withdrawn(reader: &Reader, place: &Place, card: &Card) -> Result<String> {
    let w = Words::of(reader.language);
    drawn(&Plain {
        w,
        head: head_for(reader, &w.withdrawn),
        heading: Ink::label(&w.withdrawn),
        station: Some(Ink::written(&place.station.name)),
        lines: vec![Ink::label(&w.withdrawn_how)],
        person: None,
        call: Teller::new(reader.language, place).fallback(card),
    })
}

/// `newest` is the card that has taken the place, or the old one where it may not be shown.
pub fn replaced(reader: &Reader, place: &Place, newest: &Card) -> Result<String> {
    let w = Words::of(reader.language);
    let teller = Teller::new(reader.language, place);
    let shown = matches!(
        newest.standing.state,
        State::Approved | State::Posted | State::Stale
    );
    let href = reader.to(&format!("/c/{}", newest.code.as_str()));
    drawn(&Plain {
        w,
        head: head_for(reader, &w.replaced),
        heading: Ink::label(&w.replaced),
        station: Some(Ink::written(&place.station.name)),
        lines: vec![Ink::label(match shown {
            true => &w.replaced_by,
            false => &w.replaced_gone,
        })],
        person: shown.then(|| (teller.person(newest, None), href)),
        call: match shown {
            true => teller.calls(newest),
            false => teller.fallback(newest),
        },
    })
}

/// Tells one station's cards in one language.
struct Teller<'a> {
    w: &'static Words,
    place: &'a Place,
    times: Times,
    language: Language,
}

impl<'a> Teller<'a> {
    fn new(language: Language, place: &'a Place) -> Teller<'a> {
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

    fn person(&self, card: &Card, photo: Option<String>) -> Person {
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
    fn warning(&self, card: &Card) -> Option<Ink> {
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
    fn calls(&self, card: &Card) -> Vec<Call> {
        let mut calls = Vec::new();
        let phone = &card.standing.current.phone;
        if !card.standing.officer_left && !phone.is_empty() {
            calls.push(self.call("", phone));
        }
        calls.extend(self.fallback(card));
        calls
    }

    fn fallback(&self, card: &Card) -> Vec<Call> {
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

    fn facts(&self, card: &Card) -> Facts {
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

    fn today(&self, card: &Card, today: &Today) -> TodayView {
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
