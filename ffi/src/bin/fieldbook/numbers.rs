use clap::{Args, Subcommand};
use ffi::{NumberBlock, Phone};
use serde_json::json;

use crate::failure::Failure;
use crate::record::tell;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Numbers {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<NumbersCommand>,
}

#[derive(Debug, Subcommand)]
enum NumbersCommand {
    /// Ask for a block of numbers; it comes with a later sync
    Ask {
        /// The form, where the station numbers several
        #[arg(long)]
        form: Option<String>,
    },
    /// Strike a number that was not used: its sheet was spoilt or lost
    Void {
        /// As printed
        number: String,
        /// Why
        reason: String,
    },
    /// Give back what is left of a block
    Return {
        /// Its range as printed, or the beginning of the record's id
        block: String,
        /// Why
        reason: String,
    },
}

impl Numbers {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let Some(command) = self.command else {
            return self.list(phone, say);
        };
        let (saved, is_asked) = match command {
            NumbersCommand::Ask { form } => (phone.ask_for_numbers(form.as_deref())?, true),
            NumbersCommand::Void { number, reason } => {
                (phone.void_number(&number, &reason)?, false)
            }
            NumbersCommand::Return { block, reason } => {
                (phone.return_numbers(&block, &reason)?, false)
            }
        };
        tell(&saved, say);
        if is_asked {
            say.line(&say.text("say", "numbers_asked", &[]));
        }
        Ok(())
    }

    fn list(self, phone: &Phone, say: &Say) -> Result<(), Failure> {
        let blocks = phone.number_blocks()?;
        if blocks.is_empty() && !self.json {
            say.line(&say.text("say", "no_numbers", &[]));
        }
        for block in &blocks {
            match self.json {
                true => say.line(&as_json(block)),
                false => as_text(block, say),
            }
        }
        Ok(())
    }
}

fn as_json(block: &NumberBlock) -> String {
    let pairs = |pairs: &[(String, String)], name: &str| -> Vec<serde_json::Value> {
        let pair = |(no, other): &(String, String)| json!({"no": no, name: other});
        pairs.iter().map(pair).collect()
    };
    json!({
        "block": block.record.to_string(), "range": block.range, "returned": block.returned,
        "free": block.free, "used": pairs(&block.used, "record"),
        "voided": pairs(&block.voided, "reason"),
    })
    .to_string()
}

fn as_text(block: &NumberBlock, say: &Say) {
    let id = block.record.to_string()[..8].to_owned();
    let Some(range) = &block.range else {
        say.line(&say.text("say", "block_waits", &[("block", id)]));
        return;
    };
    let fill = [
        ("block", id),
        ("range", range.clone()),
        ("free", block.free.len().to_string()),
        ("used", block.used.len().to_string()),
        ("voided", block.voided.len().to_string()),
    ];
    let name = if block.returned {
        "block_returned"
    } else {
        "block_line"
    };
    say.line(&say.text("say", name, &fill));
    if let Some(next) = block.free.first() {
        say.line(&say.text("say", "block_next", &[("next", next.clone())]));
    }
    for (no, record) in &block.used {
        let record = record.get(..8).unwrap_or(record).to_owned();
        let fill = [("no", no.clone()), ("record", record)];
        say.line(&say.text("say", "number_used", &fill));
    }
    for (no, reason) in &block.voided {
        let fill = [("no", no.clone()), ("reason", reason.clone())];
        say.line(&say.text("say", "number_void", &fill));
    }
}
