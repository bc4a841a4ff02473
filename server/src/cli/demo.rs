//! `wardbook demo`: plays a station's day and shows its books.

use std::io::IsTerminal;
use std::sync::LazyLock;
use std::time::Duration;

use clap::Args;
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Deserialize;
use serde_json::{Value, json};
use sync_core::catalogue::{self, Catalogue, PageBy};
use tempfile::TempDir;
use tokio::signal::unix::SignalKind;

use super::{out, serve};
use crate::clock::Clock;
use crate::config;
use crate::datadir::DataDir;
use crate::db::{Db, Schema};
use crate::demo::{self, Merged, Place, Progress, Scenario};
use crate::error::{Error, Result};
use crate::messages::{Language, embedded as read};

#[derive(Debug, Args)]
pub struct Options {
    /// End after the merge instead of serving the books
    #[arg(long)]
    exit: bool,
    /// Print one JSON object on one line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    title: String,
    playing: String,
    saved: String,
    sent: String,
    registered: String,
    conflicts: String,
    held: String,
    late: String,
    lost: String,
    cuts: String,
    seconds: String,
    open: String,
    record: String,
    conflicts_page: String,
    held_page: String,
    today: String,
    metrics: String,
    card: String,
    stop: String,
}

static ZH: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../messages/demo.zh.toml")));
static EN: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../messages/demo.en.toml")));

fn words(language: Language) -> &'static Words {
    match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    }
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    let mut terminate = serve::handler(SignalKind::terminate())?;
    let mut interrupt = serve::handler(SignalKind::interrupt())?;
    // Whichever way it ends, the folder goes with it.
    let folder = TempDir::with_prefix("wardbook-demo-")
        .map_err(|source| Error::file("making a folder in", std::env::temp_dir(), source))?;
    tokio::select! {
        outcome = show(&options, folder.path(), clock) => outcome,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

async fn show(options: &Options, folder: &std::path::Path, clock: &Clock) -> Result<()> {
    let (scenario, words) = (Scenario::day(), words(config::language()));
    let data = DataDir::new(folder.join("station"));
    data.create()?;
    let db = Db::open(&data.location(None)?, Schema::Create).await?;
    let place = Place {
        db,
        data,
        phones: folder.to_owned(),
    };
    let bars = Bars::of(&scenario, words);
    let merged = demo::play(&scenario, place, clock, &mut |progress| bars.show(progress)).await?;
    bars.clear();
    match options.json {
        true => out::json(&json(&merged)),
        false => table(&merged, &scenario, words),
    }
    merged.check(&scenario)?;
    if options.exit {
        merged.server.stop().await;
        return Ok(());
    }
    if !options.json {
        addresses(&merged, words);
    }
    // The demo's clock stands still between its events; now that people look, it goes on.
    let second = Duration::from_secs(1);
    let mut ticks = tokio::time::interval(second);
    loop {
        ticks.tick().await;
        merged.server.app.clock.advance(second);
    }
}

fn json(merged: &Merged) -> Value {
    let n = merged.numbers;
    json!({
        "saved": n.saved,
        "sent": n.sent,
        "registered": n.registered,
        "conflicts": n.conflicts,
        "held": n.held,
        "late": n.late,
        "lost": n.lost,
        "seconds": rounded(merged.seconds),
    })
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

fn table(merged: &Merged, scenario: &Scenario, words: &Words) {
    let parts = [
        ("{station}", scenario.station.name.clone()),
        ("{day}", merged.day.to_string()),
        ("{phones}", scenario.officers.len().to_string()),
    ];
    out::say(&filled(&words.title, &parts));
    let n = merged.numbers;
    let rows = [
        (&words.saved, n.saved.to_string()),
        (&words.sent, n.sent.to_string()),
        (&words.registered, n.registered.to_string()),
        (&words.conflicts, n.conflicts.to_string()),
        (&words.held, n.held.to_string()),
        (&words.late, n.late.to_string()),
        (&words.lost, n.lost.to_string()),
        (&words.cuts, merged.cuts.to_string()),
        (&words.seconds, format!("{:.2}", merged.seconds)),
    ];
    for (label, value) in rows {
        out::say(&format!("  {}{value:>8}", padded(label, 32)));
    }
}

fn addresses(merged: &Merged, words: &Words) {
    let station = &merged.station;
    let base = format!("http://{}/s/{station}", merged.address());
    let language = match config::language() {
        Language::Zh => catalogue::Language::Zh,
        Language::En => catalogue::Language::En,
    };
    let shelf = Catalogue::embedded().shelf().into_iter();
    let books = shelf.map(|book| {
        let (name, day) = (&book.name, merged.day);
        let page = match book.page {
            PageBy::Day => format!("books/{name}?day={day}"),
            PageBy::Month => format!("books/{name}?month={:.7}", day.to_string()),
            PageBy::Sequence | PageBy::Nothing => format!("books/{name}"),
        };
        (book.label.get(language), page)
    });
    let mut pages: Vec<(&str, String)> = vec![(&words.today, String::new())];
    pages.extend(books);
    if let Some(record) = merged.contested {
        pages.push((&words.record, format!("records/{record}")));
    }
    pages.push((&words.conflicts_page, "conflicts".to_owned()));
    pages.push((&words.held_page, "held".to_owned()));
    pages.push((&words.metrics, "metrics".to_owned()));
    out::say(&format!("\n{}", words.open));
    let mut lines: Vec<(&str, String)> = pages
        .into_iter()
        .map(|(label, page)| match page.is_empty() {
            true => (label, base.clone()),
            false => (label, format!("{base}/{page}")),
        })
        .collect();
    let card = format!("http://{}/c/{}", merged.address(), merged.card);
    lines.push((&words.card, card));
    // An address that is broken over two lines cannot be clicked.
    let longest = lines.iter().map(|(_, address)| address.len()).max();
    let beside = 38 + longest.unwrap_or(0) <= columns(&Term::stdout()).unwrap_or(usize::MAX);
    for (label, address) in lines {
        match beside {
            true => out::say(&format!("  {}{address}", padded(label, 36))),
            false => out::say(&format!("  {label}\n    {address}")),
        }
    }
    out::say(&words.stop);
}

/// How wide the terminal is; none where the words go elsewhere.
fn columns(term: &Term) -> Option<usize> {
    let (_, columns) = term.is_term().then(|| term.size_checked())??;
    Some(columns.into())
}

/// The sentence with its parts filled in.
fn filled(sentence: &str, parts: &[(&str, String)]) -> String {
    let fill = |said: String, (part, value): &(&str, String)| said.replace(part, value);
    parts.iter().fold(sentence.to_owned(), fill)
}

/// The text and blanks after it, as wide as `width` columns. Chinese takes two columns a sign.
fn padded(text: &str, width: usize) -> String {
    let columns = |c: char| if c >= '\u{2e80}' { 2 } else { 1 };
    let taken: usize = text.chars().map(columns).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(taken).max(1)))
}

/// A bar a phone: how much of what its officer will save is there.
struct Bars {
    bars: Vec<(sync_core::ids::PersonId, String, ProgressBar)>,
    playing: &'static str,
}

impl Bars {
    fn of(scenario: &Scenario, words: &'static Words) -> Bars {
        let target = match std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let all = MultiProgress::with_draw_target(target);
        // Day, time and message take 54 columns; what does not fit is cut at the line's end.
        let bar = columns(&Term::stderr()).unwrap_or(80).saturating_sub(54);
        let bar = bar.clamp(6, 24);
        let style = ProgressStyle::with_template(&format!("{{prefix}} {{bar:{bar}}} {{wide_msg}}"));
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = |officer: &demo::Officer| {
            let bar = all.add(ProgressBar::new(scenario.acts_of(&officer.code)));
            bar.set_style(style.clone());
            (officer.code.clone(), officer.name.clone(), bar)
        };
        Bars {
            bars: scenario.officers.iter().map(bar).collect(),
            playing: &words.playing,
        }
    }

    fn show(&self, progress: &Progress) {
        let mut bars = self.bars.iter();
        let Some((_, name, bar)) = bars.find(|(who, _, _)| *who == progress.who) else {
            return;
        };
        let (day, at) = (progress.day.to_string(), progress.at.to_string());
        bar.set_prefix(format!("{} {:.5}", day.get(5..).unwrap_or_default(), at));
        bar.set_position(progress.saved);
        let counts = [
            ("{name}", name.clone()),
            ("{saved}", progress.saved.to_string()),
            ("{sent}", progress.sent.to_string()),
            ("{registered}", progress.registered.to_string()),
        ];
        bar.set_message(filled(self.playing, &counts));
    }

    /// Takes the bars off the screen. A bar that is dropped unfinished would draw itself once
    /// more, over what stands there by then.
    fn clear(self) {
        for (_, _, bar) in &self.bars {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_all_words() {
        assert_eq!(words(Language::Zh).lost, "丢失");
        assert_eq!(words(Language::En).lost, "lost");
    }

    #[test]
    fn chinese_is_padded_by_its_width() {
        assert_eq!(padded("丢失", 6), "丢失  ");
        assert_eq!(padded("lost", 6), "lost  ");
    }
}
