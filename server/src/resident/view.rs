//! A card as a resident reads it, on a screen and on paper.

use askama::Template;
use sync_core::ids::Hash;

use super::guard::{NOTICE, SHEET, STYLE};
use super::teller::{Call, Facts, Person, Teller, TodayView};
use super::words::Words;
use crate::card::duty::Today;
use crate::card::read::Place;
use crate::card::{Card, State, qr};
use crate::error::{Error, Result};
use crate::messages::{Language, Message};
use crate::pages::Reader;
use crate::pages::ink::{Ink, plain};

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

/// A problem on the listener that anybody reaches, with the number under which the log has it.
pub fn problem(reader: &Reader, message: &Message, request: &str) -> Option<String> {
    let w = Words::of(reader.language);
    let number = Ink::written(request);
    let lines = vec![
        Ink::label(&message.todo),
        Ink::sentence(&w.problem_number, &[("number", number)]),
    ];
    told(reader, &message.title, lines).ok()
}

fn bare(reader: &Reader, heading: &str, how: &str) -> Result<String> {
    told(reader, heading, vec![Ink::label(how)])
}

fn told(reader: &Reader, heading: &str, lines: Vec<Ink>) -> Result<String> {
    drawn(&Plain {
        w: Words::of(reader.language),
        head: head_for(reader, heading),
        heading: Ink::label(heading),
        station: None,
        lines,
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
