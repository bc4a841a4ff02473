//! How do acts become the bytes of a frame, and back?
//!
//! A frame is one byte that names the packing, then a brotli stream (quality 11) over CBOR:
//! `[[act bytes ...], [statement bytes ...]]`. Nobody else knows. Packing 1 leaves the changes as
//! they are; a packing that leaves out what the receiver rebuilds gets the next number.

use std::io::Read;

use brotli::enc::BrotliEncoderParams;
use minicbor::{Decoder, Encoder};

use super::act::{Act, MAX_ACT};
use super::codec::{BadBytes, from_bytes, to_bytes};
use super::frame::Frame;
use super::statement::Statement;

/// A frame opens to this many bytes at most.
pub const MAX_OPENED: usize = 1024 * 1024;
/// Acts, and statements, in a frame.
pub const MAX_COUNT: u64 = 4096;

const WHOLE_CHANGES: u8 = 1;
/// Qualities of brotli.
const THOROUGH: i32 = 11;
const QUICK: i32 = 5;
/// The window is as large as the largest opened frame.
const WINDOW_BITS: u8 = 20;

/// The frame of these acts and statements.
pub fn pack(acts: &[Act], statements: &[Statement]) -> Result<Vec<u8>, CannotPack> {
    for count in [acts.len(), statements.len()] {
        if count as u64 > MAX_COUNT {
            return Err(CannotPack::TooMany { count });
        }
    }
    let acts: Vec<Vec<u8>> = acts.iter().map(to_bytes).collect();
    let statements: Vec<Vec<u8>> = statements.iter().map(to_bytes).collect();
    let plain = lists([&acts, &statements]);
    if plain.len() > MAX_OPENED {
        return Err(CannotPack::TooLong {
            length: plain.len(),
        });
    }
    deflate(&plain, THOROUGH)
}

/// About how long the frame of these acts, each as its bytes, will be: a twentieth of the time,
/// and off by a few hundredths.
pub fn estimate(acts: &[&[u8]]) -> Result<usize, CannotPack> {
    let quick = deflate(&lists([acts, &[]]), QUICK)?.len();
    Ok(quick - quick / 10)
}

/// The bytes that `act` takes alone in a frame.
///
/// # Errors
/// [`CannotPack::ActTooLong`] when that is more than [`MAX_ACT`]: such an act is not saved.
pub fn act_size(act: &Act) -> Result<usize, CannotPack> {
    let size = pack(std::slice::from_ref(act), &[])?.len();
    if size > MAX_ACT {
        return Err(CannotPack::ActTooLong { act: act.n, size });
    }
    Ok(size)
}

/// Opens a frame. Memory stays within a few times [`MAX_OPENED`] whatever the input says.
pub fn open(frame: &[u8]) -> Result<Frame, BadFrame> {
    match frame.split_first() {
        Some((&WHOLE_CHANGES, stream)) => read_lists(&inflate(stream)?),
        Some((&other, _)) => Err(BadFrame::Packing(other)),
        None => Err(BadFrame::Compressed),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotPack {
    #[error("{count} items, at most {MAX_COUNT} go into a frame")]
    TooMany { count: usize },
    #[error("{length} bytes, at most {MAX_OPENED} go into a frame")]
    TooLong { length: usize },
    #[error("act {act} takes {size} bytes, at most {MAX_ACT} are allowed")]
    ActTooLong { act: u64, size: usize },
    #[error("the compressor failed")]
    Compress,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    #[error("packing {0} is not known")]
    Packing(u8),
    #[error("not a brotli stream with a window of at most {} bytes", 1 << WINDOW_BITS)]
    Compressed,
    #[error("opens to more than {MAX_OPENED} bytes")]
    TooLong,
    #[error("the lists of acts and statements cannot be read")]
    Lists(#[source] BadBytes),
}

fn lists<T: AsRef<[u8]>>(lists: [&[T]; 2]) -> Vec<u8> {
    let mut out = Encoder::new(Vec::new());
    let done = (|| {
        out.array(2)?;
        for list in lists {
            out.array(list.len() as u64)?;
            for item in list {
                out.bytes(item.as_ref())?;
            }
        }
        Ok::<_, minicbor::encode::Error<_>>(())
    })();
    match done {
        Ok(()) => out.into_writer(),
        Err(_) => unreachable!("a Vec takes every byte"),
    }
}

fn read_lists(plain: &[u8]) -> Result<Frame, BadFrame> {
    let mut input = Decoder::new(plain);
    let malformed = |at| {
        BadFrame::Lists(BadBytes::Malformed {
            at,
            length: plain.len(),
        })
    };
    let mut frame = Frame::default();
    if input.array().ok().flatten() != Some(2) {
        return Err(malformed(0));
    }
    for list in [0, 1] {
        let count = input.array().ok().flatten();
        let count = count.filter(|count| *count <= MAX_COUNT);
        for _ in 0..count.ok_or_else(|| malformed(input.position()))? {
            let at = input.position();
            let item = input.bytes().map_err(|_| malformed(at))?;
            if list == 0 {
                frame.acts.push(from_bytes(item));
            } else {
                frame
                    .statements
                    .push(from_bytes(item).map_err(BadFrame::Lists)?);
            }
        }
    }
    match plain.len() - input.position() {
        0 => Ok(frame),
        extra => Err(BadFrame::Lists(BadBytes::Trailing { extra })),
    }
}

fn deflate(plain: &[u8], quality: i32) -> Result<Vec<u8>, CannotPack> {
    let params = BrotliEncoderParams {
        quality,
        lgwin: i32::from(WINDOW_BITS),
        size_hint: plain.len(),
        ..BrotliEncoderParams::default()
    };
    let mut frame = vec![WHOLE_CHANGES];
    brotli::BrotliCompress(&mut &*plain, &mut frame, &params).map_err(|_| CannotPack::Compress)?;
    Ok(frame)
}

fn inflate(stream: &[u8]) -> Result<Vec<u8>, BadFrame> {
    // The header alone can ask the decompressor for a gigabyte.
    if window_bits(stream).is_none_or(|bits| bits > WINDOW_BITS) {
        return Err(BadFrame::Compressed);
    }
    let mut plain = Vec::new();
    brotli::Decompressor::new(stream, 4096)
        .take(MAX_OPENED as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| BadFrame::Compressed)?;
    if plain.len() > MAX_OPENED {
        return Err(BadFrame::TooLong);
    }
    Ok(plain)
}

/// WBITS of a brotli stream (RFC 7932, 9.1); `None` for none and for the large windows that are
/// not of that standard.
fn window_bits(stream: &[u8]) -> Option<u8> {
    let first = stream.first()?;
    match (first & 1, (first >> 1) & 7, (first >> 4) & 7) {
        (0, _, _) => Some(16),
        (_, 0, 0) => Some(17),
        (_, 0, 1) => None,
        (_, 0, n) => Some(8 + n),
        (_, n, _) => Some(17 + n),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A frame of items that need not be acts.
    pub(in crate::envelope) fn frame_of(acts: &[Vec<u8>], statements: &[Vec<u8>]) -> Vec<u8> {
        deflate(&lists([acts, statements]), THOROUGH).unwrap()
    }

    fn squeeze(plain: &[u8], lgwin: i32) -> Vec<u8> {
        let params = BrotliEncoderParams {
            quality: 9,
            lgwin,
            large_window: lgwin > 24,
            ..BrotliEncoderParams::default()
        };
        let mut frame = vec![WHOLE_CHANGES];
        brotli::BrotliCompress(&mut &plain[..], &mut frame, &params).unwrap();
        frame
    }

    #[test]
    fn an_estimate_is_near_the_frame() {
        let day = include_str!("../../../tests/data/officers-day/device-000.jsonl");
        let acts: Vec<Vec<u8>> = day.lines().map(|line| line.as_bytes().to_vec()).collect();
        let slices: Vec<&[u8]> = acts.iter().map(Vec::as_slice).collect();
        let (guess, real) = (estimate(&slices).unwrap(), frame_of(&acts, &[]).len());
        assert!(
            guess.abs_diff(real) < real / 10,
            "{guess} is not near {real}"
        );
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = squeeze(&vec![0; 50 << 20], 20);
        assert!(bomb.len() < 1000);
        assert_eq!(open(&bomb), Err(BadFrame::TooLong));
    }

    #[test]
    fn a_window_larger_than_any_frame_is_refused_before_it_is_reserved() {
        let plain = vec![7; 8 << 20];
        for window in [22, 24, 28] {
            assert_eq!(open(&squeeze(&plain, window)), Err(BadFrame::Compressed));
        }
    }

    #[test]
    fn a_packing_of_a_newer_release_is_named() {
        assert_eq!(open(&[9, 1, 2]), Err(BadFrame::Packing(9)));
        assert_eq!(open(&[]), Err(BadFrame::Compressed));
    }

    #[test]
    fn a_count_the_bytes_do_not_hold_is_refused() {
        for plain in [
            &[0x82, 0x9a, 0xff, 0xff, 0xff, 0xff][..],
            &[0x82, 0x80],
            &[],
        ] {
            assert!(matches!(
                open(&squeeze(plain, 20)),
                Err(BadFrame::Lists(_) | BadFrame::Compressed)
            ));
        }
    }
}
