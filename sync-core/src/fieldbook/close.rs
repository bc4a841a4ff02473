//! From waiting acts to signed envelopes.

use super::act::newest;
use super::batch::{Batch, Stop};
use super::door::{Input, Now, SignRequest};
use super::refusal::Refusal;
use super::rows::{self, ActRow};
use super::state::{State, Then, Ticket, Unsent};
use crate::envelope::chain::Tail;
use crate::envelope::codec::from_bytes;
use crate::envelope::header::{self, Draft, Unsigned};
use crate::envelope::pack;
use crate::envelope::sign::SIGNATURE;
use crate::envelope::{Act, Envelope};
use crate::ids::{Epoch, Hash};

/// An envelope is closed at this many bytes, unless one act needs more.
const FULL: usize = 32 * 1024;
/// Acts that are tried for one envelope: few enough to pack within a moment.
const MOST_ACTS: usize = 512;
/// Their bytes before packing; a frame opens to at most four times that.
const MOST_BYTES: usize = 256 * 1024;

/// Closes all waiting acts, and gives the number of envelopes.
pub fn close(batch: &mut Batch<'_>, state: &mut State, now: Now) -> Result<usize, Stop> {
    state.enrolled()?;
    if let Some(anew) = state.own.anew {
        return match anew.barrier {
            Some(_) => Ok(0),
            None => barrier(batch, state, now),
        };
    }
    let waiting = state.own.closed_to + 1..=state.own.last_act;
    for n in waiting.clone() {
        batch.want(&rows::act_key(n));
    }
    batch.ready()?;
    let mut acts: Vec<(u64, ActRow, Act)> = Vec::new();
    for n in waiting {
        let key = rows::act_key(n);
        let damaged = |why: &str| Refusal::Store {
            key: key.clone(),
            why: why.to_owned(),
        };
        let row: ActRow = batch.get(&key)?.ok_or_else(|| damaged("it is missing"))?;
        let bytes = row
            .bytes
            .as_deref()
            .ok_or_else(|| damaged("no act in it"))?;
        let act = from_bytes(bytes).map_err(|bad| damaged(&bad.to_string()))?;
        acts.push((n, row, act));
    }
    let mut rest = acts.as_slice();
    let mut envelopes = 0;
    while let Some((_, first, _)) = rest.first() {
        // Acts of one charter go together: what was written under an older one is closed first.
        let epoch = first.epoch;
        let same = rest.iter().take_while(|(_, row, _)| row.epoch == epoch);
        let (count, unsigned) = fill(state, now, epoch, &rest[..same.count()])?;
        let (closed, left) = rest.split_at(count);
        keep(batch, state, closed, unsigned)?;
        rest = left;
        envelopes += 1;
    }
    Ok(envelopes)
}

/// An envelope that says nothing but that this device is there. See [`super::anew`].
fn barrier(batch: &mut Batch<'_>, state: &mut State, now: Now) -> Result<usize, Stop> {
    let epoch = state.charter.newest().unwrap_or_default();
    let unsigned = envelope_of(state, now, epoch, &[])?;
    if let Some(anew) = &mut state.own.anew {
        anew.barrier = Some(unsigned.body().seq);
    }
    keep(batch, state, &[], unsigned)?;
    Ok(1)
}

/// The envelope that holds as many of the first acts as fit.
fn fill(
    state: &State,
    now: Now,
    epoch: Epoch,
    acts: &[(u64, ActRow, Act)],
) -> Result<(usize, Unsigned), Refusal> {
    let mut bytes = 0;
    let fits = acts.iter().take(MOST_ACTS).take_while(|(_, row, _)| {
        bytes += row.bytes.as_ref().map_or(0, Vec::len);
        bytes <= MOST_BYTES
    });
    let mut count = fits.count().max(1);
    // Packing is most of what a sync costs: a quick try says first how many acts may fit.
    let acts_alone = acts[..count].iter();
    let bytes: Vec<&[u8]> = acts_alone
        .map(|(_, row, _)| row.bytes.as_deref().unwrap_or_default())
        .collect();
    if bytes.iter().map(|act| act.len()).sum::<usize>() > FULL {
        let guess = pack::estimate(&bytes).map_err(|why| Refusal::Close(why.to_string()))?;
        if guess > FULL {
            count = fewer(count, guess);
        }
    }
    loop {
        let unsigned = envelope_of(state, now, epoch, &acts[..count])?;
        let size = unsigned.frame_len();
        if size <= FULL || count == 1 {
            return Ok((count, unsigned));
        }
        count = fewer(count, size);
    }
}

/// How many of `count` acts that take `size` bytes together should fit.
fn fewer(count: usize, size: usize) -> usize {
    (count * (FULL - FULL / 16) / size).clamp(1, count.saturating_sub(1).max(1))
}

fn envelope_of(
    state: &State,
    now: Now,
    epoch: Epoch,
    acts: &[(u64, ActRow, Act)],
) -> Result<Unsigned, Refusal> {
    let enrolled = state.enrolled()?;
    let needs = acts.iter().flat_map(|(_, row, _)| row.rests_on.clone());
    let draft = Draft {
        station: enrolled.station.clone(),
        device: enrolled.device,
        seq: state.own.tail.seq + 1,
        prev: state.own.tail.hash,
        epoch,
        needs: newest(
            needs
                .filter(|need| need.device != enrolled.device)
                .collect(),
        ),
        beacon: state.head().map(|head| head.seen()),
        made_at: now.wall,
        mono: now.mono,
        sheet_root: Hash::ZERO,
    };
    let acts: Vec<Act> = acts.iter().map(|(_, _, act)| act.clone()).collect();
    header::close(draft, &acts, &[]).map_err(|why| Refusal::Close(why.to_string()))
}

fn keep(
    batch: &mut Batch<'_>,
    state: &mut State,
    acts: &[(u64, ActRow, Act)],
    unsigned: Unsigned,
) -> Result<(), Refusal> {
    let (seq, hash) = (unsigned.body().seq, unsigned.hash());
    for (n, row, _) in acts {
        let row = ActRow {
            bytes: None,
            envelope: Some(seq),
            ..row.clone()
        };
        batch.put(rows::act_key(*n), &row);
        state.own.closed_to = *n;
    }
    // A place for the signature, so that the bytes are an envelope's.
    let blank = unsigned
        .signed(vec![0; SIGNATURE])
        .map_err(|why| Refusal::Close(why.to_string()))?
        .to_bytes();
    state.own.tail = Tail { seq, hash };
    state.own.unsigned.insert(seq);
    state.seen.unsent.push(Unsent {
        device: state.device(),
        seq,
        hash,
        acts: acts.len() as u64,
        bytes: blank.len() as u64,
    });
    batch.put_bytes(rows::unsigned_key(seq), blank);
    Ok(())
}

/// Asks for the signature of every closed envelope that lacks one. Asked twice, it is one ticket.
pub fn ask(batch: &mut Batch<'_>, state: &mut State) -> Result<Vec<SignRequest>, Stop> {
    let seqs: Vec<u64> = state.own.unsigned.iter().copied().collect();
    for seq in &seqs {
        batch.want(&rows::unsigned_key(*seq));
    }
    batch.ready()?;
    let mut requests = Vec::new();
    for seq in seqs {
        let key = rows::unsigned_key(seq);
        let bytes = batch.bytes(&key)?.unwrap_or_default().to_vec();
        let sign_bytes = decode(&key, &bytes)?.sign_bytes();
        let of_it =
            |ticket: &Ticket| matches!(ticket, Ticket::Envelope { seq: of, .. } if *of == seq);
        let asked = state.tickets.iter().find(|(_, ticket)| of_it(ticket));
        let ticket = match asked.map(|(ticket, _)| *ticket) {
            Some(ticket) => ticket,
            None => state.ticket(Ticket::Envelope { seq, bytes }),
        };
        requests.push(SignRequest {
            ticket,
            bytes: sign_bytes,
        });
    }
    Ok(requests)
}

/// Puts the signature on an envelope. Gives what goes on when it was the last.
pub fn signed(
    batch: &mut Batch<'_>,
    state: &mut State,
    seq: u64,
    bytes: &[u8],
    sig: Vec<u8>,
) -> Result<Option<Input>, Stop> {
    let mut envelope = decode(&rows::unsigned_key(seq), bytes)?;
    envelope.sig = sig;
    if !envelope.verify(&state.enrolled()?.sign_key) {
        return Err(Refusal::Signature.into());
    }
    batch.put_bytes(
        rows::envelope_key(envelope.body.device, seq),
        envelope.to_bytes(),
    );
    batch.delete(rows::unsigned_key(seq));
    state.own.unsigned.remove(&seq);
    if !state.own.unsigned.is_empty() {
        return Ok(None);
    }
    Ok(state.then.take().map(|then| match then {
        Then::Request { limit, wait_ms } => Input::NextRequest { limit, wait_ms },
        Then::Offer => Input::Offer,
        Then::AnswerOffer(bytes) => Input::AnswerOffer(bytes),
    }))
}

fn decode(key: &str, bytes: &[u8]) -> Result<Envelope, Refusal> {
    Envelope::decode(bytes).map_err(|bad| Refusal::Store {
        key: key.to_owned(),
        why: bad.to_string(),
    })
}
