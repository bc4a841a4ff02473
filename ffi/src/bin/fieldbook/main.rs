//! A phone for the terminal: it records without a signal, and syncs when there is one.

mod alarms;
mod failure;
mod import;
mod join;
mod kinds;
mod list;
mod numbers;
mod package;
mod places;
mod record;
mod say;
mod show;
mod status;
mod sync;
mod tray;
mod words;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand, ValueEnum};
use ffi::{Clock, Phone};
use sync_core::catalogue::Language;

use failure::Failure;
use say::Say;

/// A phone for the terminal: it records without a signal, and syncs when there is one.
#[derive(Debug, Parser)]
#[command(name = "fieldbook", version)]
struct Args {
    /// The folder that holds this phone: its keys and its store. `join` makes it
    #[arg(long, value_name = "DIR", global = true, env = "FIELDBOOK_STORE")]
    store: Option<PathBuf>,
    /// The language of messages and labels; by default that of the terminal
    #[arg(long, value_enum, global = true)]
    lang: Option<Lang>,
    /// Seconds by which this phone's clock is ahead of the machine's: to rehearse a wrong clock
    #[arg(
        long,
        global = true,
        hide = true,
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    clock_ahead: i64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    Zh,
    En,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join a station with a code from the chief
    Join(join::Join),
    /// Make a record
    Record(record::Record),
    /// Change fields of a record
    Edit(record::Edit),
    /// Decide between values that were written without knowing of each other
    Settle(record::Settle),
    /// Strike out a row, a member of a field, or a whole record, with the reason
    Strike(record::Strike),
    /// Take a step of a record
    Step(record::Step),
    /// Add to the way of a patrol
    Track(write::Track),
    /// Write into a text that several people write together
    Write(write::Write),
    /// List the records on this phone
    List(list::List),
    /// Show a record with its history, conflicts and clocks
    Show(show::Show),
    /// Show a record that this phone has only heard of, as the server has it
    Fetch(show::Fetch),
    /// Count what was saved, sent, registered and held
    Status(status::Status),
    /// Show what was held and why, and submit it again
    Tray(tray::Tray),
    /// Show the numbers of pre-numbered forms that this phone holds; ask for more, void, give back
    Numbers(numbers::Numbers),
    /// Show what the server showed that cannot be, now and in the past
    Alarms(alarms::Alarms),
    /// Exchange with the server
    Sync(sync::Sync),
    /// Write all this phone holds into a file for another phone
    Give(package::Give),
    /// Take what another phone has given
    Take(package::Take),
    /// Play a file of acts, one a line, each durable before the next
    Import(import::Import),
    /// Show the forms: kinds of records, their fields and steps
    Kinds(kinds::Kinds),
    /// The words that may follow, for a shell's completion
    #[command(hide = true)]
    CompleteWords(words::Words),
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return refuse(&error),
    };
    let say = Say::in_language(match args.lang {
        Some(Lang::Zh) => Language::Zh,
        Some(Lang::En) => Language::En,
        None => say::of_terminal(),
    });
    match run(args, &say) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say.complain(&failure.line(&say));
            ExitCode::from(failure.status())
        }
    }
}

fn run(args: Args, say: &Say) -> Result<(), Failure> {
    let Some(store) = args.store else {
        return Err(Failure::usage(
            "which phone? name its folder with --store DIR",
        ));
    };
    let is_join = matches!(args.command, Command::Join(_));
    if !is_join && !store.join(ffi::STORE_FILE).exists() {
        return Err(Failure::StoreMissing(store));
    }
    let clock = Clock {
        ahead: args.clock_ahead.saturating_mul(1000),
    };
    let mut phone = Phone::open(&store, clock)?;
    let phone = &mut phone;
    match args.command {
        Command::Join(join) => join.run(phone, say),
        Command::Record(record) => record.run(phone, say),
        Command::Edit(edit) => edit.run(phone, say),
        Command::Settle(settle) => settle.run(phone, say),
        Command::Strike(strike) => strike.run(phone, say),
        Command::Step(step) => step.run(phone, say),
        Command::Track(track) => track.run(phone, say),
        Command::Write(write) => write.run(phone, say),
        Command::List(list) => list.run(phone, say),
        Command::Show(show) => show.run(phone, say),
        Command::Fetch(fetch) => fetch.run(phone, say),
        Command::Status(status) => status.run(phone, say),
        Command::Tray(tray) => tray.run(phone, say),
        Command::Numbers(numbers) => numbers.run(phone, say),
        Command::Alarms(alarms) => alarms.run(phone, say),
        Command::Sync(sync) => sync.run(phone, say),
        Command::Give(give) => give.run(phone, say),
        Command::Take(take) => take.run(phone, say),
        Command::Import(import) => import.run(phone, say),
        Command::Kinds(kinds) => kinds.run(phone, say),
        Command::CompleteWords(words) => words.run(phone, say),
    }
}

/// Help and version as they are; a mistake in the words as one line.
#[expect(clippy::print_stderr, reason = "this is the terminal")]
fn refuse(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let printed = error.print();
            let is_help = error.exit_code() == 0 && printed.is_ok();
            ExitCode::from(if is_help { 0 } else { 2 })
        }
        _ => {
            let text = error.to_string();
            let text = text.split("\n\nUsage").next().unwrap_or_default();
            let line = say::one_line(text.strip_prefix("error: ").unwrap_or(text));
            eprintln!("fieldbook: {line} (see fieldbook --help)");
            ExitCode::from(2)
        }
    }
}
