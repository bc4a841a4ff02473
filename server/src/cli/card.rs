//! `wardbook card`: the posted contact cards, from draft to the wall and off it again.

mod list;
mod paper;
mod wanted;

use clap::{Args, Subcommand};
use sync_core::ids::PersonId;

use super::{StationOptions, StoreOptions, out, values};
use crate::card::content::Check;
use crate::card::read::set_address;
use crate::card::write::{self, Hand};
use crate::card::{Code, Deed};
use crate::clock::Clock;
use crate::error::Result;
use crate::write_tx;

use paper::Paper;
use wanted::Wanting;

#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a card for an officer; prints its code. Name, post, certificate and phone come from
    /// the officer directory
    Draft {
        #[command(flatten)]
        at: StationOptions,
        /// The officer's code (工号)
        #[arg(long, value_name = "CODE")]
        officer: PersonId,
        /// Take squad, place, duties, hours, commitments and channels over from this card
        #[arg(long, value_name = "CARD", value_parser = code)]
        like: Option<Code>,
        #[command(flatten)]
        wanted: Wanting,
        #[command(flatten)]
        hand: By,
    },
    /// Change what is given, and take over what the officer directory says otherwise
    Edit {
        #[command(flatten)]
        card: Which,
        #[command(flatten)]
        wanted: Wanting,
        /// Why, once the card is approved
        #[arg(long, value_parser = values::name)]
        reason: Option<String>,
        #[command(flatten)]
        hand: By,
    },
    /// Approve it (审定), on behalf of the squad leader
    Approve {
        #[command(flatten)]
        card: Which,
        /// The squad leader or deputy who approves
        #[arg(long, value_name = "OFFICER")]
        by: PersonId,
    },
    /// Say that it hangs somewhere, or hangs there anew
    Post {
        #[command(flatten)]
        card: Which,
        /// Where: 锦华苑3号楼1单元
        #[arg(long, value_parser = values::name)]
        place: String,
        #[command(flatten)]
        hand: By,
    },
    /// Say that it hangs at a place no more
    TakeDown {
        #[command(flatten)]
        card: Which,
        #[arg(long, value_parser = values::name)]
        place: String,
        #[arg(long, value_parser = values::name)]
        reason: String,
        #[command(flatten)]
        hand: By,
    },
    /// Say that what it says was compared and is right; with --place, how the four points are there
    Verify {
        #[command(flatten)]
        card: Which,
        /// The place that was looked at
        #[arg(long, value_parser = values::name)]
        place: Option<String>,
        /// Points of the place that are not as they should be
        #[arg(long, value_name = "POINT", requires = "place")]
        failed: Vec<FourPoints>,
        #[arg(long, value_parser = values::name, requires = "place")]
        note: Option<String>,
        #[command(flatten)]
        hand: By,
    },
    /// Say that another card has taken its place; residents are led to that one
    Replace {
        #[command(flatten)]
        card: Which,
        /// The approved card that holds from now on
        #[arg(long, value_name = "CARD", value_parser = code)]
        with: Code,
        #[command(flatten)]
        hand: By,
    },
    /// Take it back; residents are told whom to call instead
    Withdraw {
        #[command(flatten)]
        card: Which,
        #[arg(long, value_parser = values::name)]
        reason: String,
        #[command(flatten)]
        hand: By,
    },
    /// How the cards of a station stand, and what is open
    List {
        #[command(flatten)]
        at: StationOptions,
        /// Only what is open: one line a place or card
        #[arg(long)]
        audit: bool,
        /// Print one JSON object on one line
        #[arg(long)]
        json: bool,
    },
    /// Write the card as a page for paper (HTML) to standard output
    Print {
        #[command(flatten)]
        card: Which,
        /// The size: an A6 card or an A4 notice
        #[arg(long = "as", value_name = "FORM", default_value = "notice")]
        form: Paper,
    },
    /// Write the card's QR code (SVG) to standard output
    Qr {
        #[command(flatten)]
        card: Which,
    },
    /// Say under which address residents reach the cards of a station
    Address {
        /// https://cards.example
        #[arg(value_parser = address)]
        url: String,
        #[command(flatten)]
        at: StationOptions,
    },
}

/// A card of the store.
#[derive(Debug, Args)]
struct Which {
    /// The code that is printed on it, such as K7M3-X9TW
    #[arg(value_name = "CARD", value_parser = code)]
    code: Code,
    #[command(flatten)]
    store: StoreOptions,
}

#[derive(Debug, Args)]
struct By {
    /// The member who does it, with the rights of their roles [default: the operator, as the server]
    #[arg(long, value_name = "OFFICER")]
    by: Option<PersonId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FourPoints {
    Placement,
    Accuracy,
    Currency,
    InUse,
}

fn code(text: &str) -> Result<Code, String> {
    Code::parse(text).ok_or_else(|| "must be 8 letters and digits such as K7M3-X9TW".to_owned())
}

fn address(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or_default();
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]".contains(&b);
    match !host.is_empty() && text.len() <= 120 && host.bytes().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("must be an address such as https://cards.example".to_owned()),
    }
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    match options.command {
        Command::Draft {
            at,
            officer,
            like,
            wanted,
            hand,
        } => {
            let wanted = wanted.read()?;
            let (db, data) = (at.store.open().await?, at.store.data_dir());
            let hand = Hand {
                data: &data,
                clock,
                by: hand.by.as_ref(),
            };
            let code = write_tx!(db, "card_draft", async |tx| {
                let (wanted, like) = (wanted.clone(), like.as_ref());
                write::draft(tx, &hand, &at.station, &officer, wanted, like).await
            })
            .await?;
            db.close().await;
            out::say(&code.to_string());
            Ok(())
        }
        Command::Edit {
            card,
            wanted,
            reason,
            hand,
        } => {
            let wanted = wanted.read()?;
            change(
                &card,
                hand.by.as_ref(),
                &Deed::Edit { wanted, reason },
                clock,
            )
            .await
        }
        Command::Approve { card, by } => change(&card, Some(&by), &Deed::Approve, clock).await,
        Command::Post { card, place, hand } => {
            change(&card, hand.by.as_ref(), &Deed::Post { place }, clock).await
        }
        Command::TakeDown {
            card,
            place,
            reason,
            hand,
        } => {
            change(
                &card,
                hand.by.as_ref(),
                &Deed::TakeDown { place, reason },
                clock,
            )
            .await
        }
        Command::Verify {
            card,
            place,
            failed,
            note,
            hand,
        } => {
            let check = place.map(|place| checked(place, &failed, note));
            change(&card, hand.by.as_ref(), &Deed::Verify { check }, clock).await
        }
        Command::Replace { card, with, hand } => {
            replace(&card, &with, hand.by.as_ref(), clock).await
        }
        Command::Withdraw { card, reason, hand } => {
            change(&card, hand.by.as_ref(), &Deed::Withdraw { reason }, clock).await
        }
        Command::List { at, audit, json } => list::run(&at, audit, json, clock).await,
        Command::Print { card, form } => paper::print(&card, form, clock).await,
        Command::Qr { card } => paper::qr(&card, clock).await,
        Command::Address { url, at } => {
            let db = at.store.open().await?;
            write_tx!(db, "card_address", async |tx| {
                set_address(tx, &at.station, &url).await
            })
            .await?;
            db.close().await;
            Ok(())
        }
    }
}

/// The place was looked at whole: what did not fail is as it should be.
fn checked(place: String, failed: &[FourPoints], note: Option<String>) -> Check {
    let point = |point| Some(!failed.contains(&point));
    Check {
        place,
        at: 0,
        by: String::new(),
        placement: point(FourPoints::Placement),
        accuracy: point(FourPoints::Accuracy),
        currency: point(FourPoints::Currency),
        in_use: point(FourPoints::InUse),
        note: note.unwrap_or_default(),
    }
}

async fn change(card: &Which, by: Option<&PersonId>, deed: &Deed, clock: &Clock) -> Result<()> {
    let (db, data) = (card.store.open().await?, card.store.data_dir());
    let hand = Hand {
        data: &data,
        clock,
        by,
    };
    write_tx!(db, "card_change", async |tx| {
        write::change(tx, &hand, &card.code, deed).await
    })
    .await?;
    db.close().await;
    Ok(())
}

async fn replace(card: &Which, with: &Code, by: Option<&PersonId>, clock: &Clock) -> Result<()> {
    let (db, data) = (card.store.open().await?, card.store.data_dir());
    let hand = Hand {
        data: &data,
        clock,
        by,
    };
    write_tx!(db, "card_replace", async |tx| {
        write::replace(tx, &hand, &card.code, with).await
    })
    .await?;
    db.close().await;
    Ok(())
}
