//! What stands under a Merkle root, and how is it proved? (RFC 6962, 2.1)
//!
//! Leaves are given as leaf hashes throughout, so that data and hashes cannot be mistaken.

use minicbor::{Decode, Decoder, Encode};
use sha2::{Digest, Sha256};

use crate::ids::Hash;

/// The root over `leaves` (leaf hashes, in order). Over none it is SHA-256 of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut range = CompactRange::default();
    for leaf in leaves {
        range.append(*leaf);
    }
    range.root()
}

/// SHA-256(0x00 || data).
pub fn leaf(data: &[u8]) -> Hash {
    Hash(
        Sha256::new()
            .chain_update([0])
            .chain_update(data)
            .finalize()
            .into(),
    )
}

/// SHA-256(0x01 || left || right).
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let hasher = Sha256::new().chain_update([1]);
    Hash(
        hasher
            .chain_update(left.0)
            .chain_update(right.0)
            .finalize()
            .into(),
    )
}

/// The path that proves leaf `index` under the root of `leaves`, lowest node first; `None` when
/// there is no such leaf. At most 64 hashes.
pub fn prove_inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut leaves, mut index, mut path) = (leaves, index, Vec::new());
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if index < left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            index -= left.len();
            leaves = right;
        }
    }
    path.reverse();
    Some(path)
}

/// Whether `path` proves that `leaf` is the `index`th of `size` leaves under `root`
/// (RFC 9162, 2.1.3.2).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(step, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// The proof that the tree of the first `old` leaves is the beginning of the tree of all
/// (RFC 6962, 2.1.2). Empty when `old` is 0 or all; `None` when there are fewer leaves than `old`.
pub fn prove_consistency(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old > leaves.len() {
        return None;
    }
    if old == 0 || old == leaves.len() {
        return Some(Vec::new());
    }
    let (mut leaves, mut old, mut whole, mut path) = (leaves, old, true, Vec::new());
    while old != leaves.len() {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if old <= left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            old -= left.len();
            leaves = right;
            whole = false;
        }
    }
    if !whole {
        path.push(root(leaves));
    }
    path.reverse();
    Some(path)
}

/// Whether `path` proves that the tree of `new` leaves under `new_root` begins with the `old`
/// leaves under `old_root` (RFC 9162, 2.1.4.2).
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    path: &[Hash],
) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty() && *old_root == root(&[]);
    }
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    // Where the old tree is a whole subtree of the new one, its root begins the proof itself.
    let (start, path) = match (old.is_power_of_two(), path.split_first()) {
        (true, _) => (old_root, path),
        (false, Some((first, rest))) => (first, rest),
        (false, None) => return false,
    };
    let (mut was, mut is) = (*start, *start);
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            was = node(step, &was);
            is = node(step, &is);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            is = node(&is, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && was == *old_root && is == *new_root
}

/// A tree without its leaves: what is needed to append to it and to know its root.
///
/// One that came from elsewhere is good once its root is that of a signed tree head.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode)]
#[cbor(array)]
pub struct CompactRange {
    #[n(0)]
    size: u64,
    /// Roots of the whole subtrees, largest first: one for each bit set in `size`.
    #[n(1)]
    peaks: Vec<Hash>,
}

impl CompactRange {
    pub fn append(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        self.peaks
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| node(&left, &right))
            .unwrap_or_else(|| Hash::of(&[]))
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl<'b, C> Decode<'b, C> for CompactRange {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        let wrong = |what| minicbor::decode::Error::message(what).at(at);
        if d.array()? != Some(2) {
            return Err(wrong("not a size and its peaks"));
        }
        let (size, peaks) = (d.u64()?, Vec::<Hash>::decode(d, ctx)?);
        // Nobody appends to 2^63 leaves; so `append` cannot overflow.
        if peaks.len() != size.count_ones() as usize || size >> 63 == 1 {
            return Err(wrong("the peaks do not fit the size"));
        }
        Ok(CompactRange { size, peaks })
    }
}

/// The largest power of two below `n`, for `n` at least 2.
fn split(n: usize) -> usize {
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    /// The definition of RFC 6962, word for word.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(&[]),
            [one] => *one,
            many => {
                let (left, right) = many.split_at(split(many.len()));
                node(&naive(left), &naive(right))
            }
        }
    }

    fn numbered(count: usize) -> Vec<Hash> {
        (0..count).map(|i| leaf(&i.to_be_bytes())).collect()
    }

    #[test]
    fn the_roots_of_the_published_test_tree_come_out() {
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<Hash> = inputs
            .iter()
            .map(|hex| leaf(&HEXLOWER.decode(hex.as_bytes()).unwrap()))
            .collect();
        for (i, expected) in roots.iter().enumerate() {
            assert_eq!(root(&leaves[..=i]).to_string(), *expected);
        }
        assert_eq!(
            root(&[]).to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn a_size_without_its_peaks_does_not_decode() {
        use crate::envelope::codec::{from_bytes, to_bytes};
        let mut range = CompactRange::default();
        for leaf in numbered(5) {
            range.append(leaf);
        }
        assert_eq!(from_bytes(&to_bytes(&range)), Ok(range.clone()));
        range.size = 7;
        assert!(from_bytes::<CompactRange>(&to_bytes(&range)).is_err());
    }

    proptest! {
        #[test]
        fn the_compact_range_gives_the_root_of_the_definition(count in 0usize..70) {
            let leaves = numbered(count);
            prop_assert_eq!(root(&leaves), naive(&leaves));
        }

        #[test]
        fn every_leaf_is_proved_and_no_other_is(count in 1usize..70, pick in any::<usize>(), bend in any::<usize>()) {
            let leaves = numbered(count);
            let (index, top) = (pick % count, root(&leaves));
            let path = prove_inclusion(&leaves, index).unwrap();
            let (i, n) = (index as u64, count as u64);
            prop_assert!(verify_inclusion(&leaves[index], i, n, &path, &top));
            prop_assert!(!verify_inclusion(&Hash::ZERO, i, n, &path, &top));
            prop_assert!(!verify_inclusion(&leaves[index], n, n, &path, &top));
            if !path.is_empty() {
                let mut bent = path.clone();
                let at = bend % bent.len();
                bent[at].0[0] ^= 1;
                prop_assert!(!verify_inclusion(&leaves[index], i, n, &bent, &top));
                prop_assert!(!verify_inclusion(&leaves[index], i, n, &path[1..], &top));
            }
            prop_assert!(prove_inclusion(&leaves, count).is_none());
        }

        #[test]
        fn a_beginning_is_proved_and_another_history_is_not(count in 1usize..70, pick in any::<usize>(), bend in any::<usize>()) {
            let leaves = numbered(count);
            let old = pick % (count + 1);
            let path = prove_consistency(&leaves, old).unwrap();
            let (was, is) = (root(&leaves[..old]), root(&leaves));
            let (m, n) = (old as u64, count as u64);
            prop_assert!(verify_consistency((m, &was), (n, &is), &path));
            if old > 0 {
                let mut other = leaves.clone();
                other[bend % old].0[0] ^= 1;
                let other_root = root(&other[..old]);
                prop_assert!(!verify_consistency((m, &other_root), (n, &is), &path));
                let other_path = prove_consistency(&other, old).unwrap();
                prop_assert!(!verify_consistency((m, &was), (n, &root(&other)), &other_path));
            }
            prop_assert!(prove_consistency(&leaves, count + 1).is_none());
        }

        #[test]
        fn no_proof_makes_the_checks_panic(a in any::<u64>(), b in any::<u64>(), length in 0usize..70) {
            let path = numbered(length);
            let _ = verify_inclusion(&Hash::ZERO, a, b, &path, &Hash::ZERO);
            let _ = verify_consistency((a, &Hash::ZERO), (b, &Hash::ZERO), &path);
        }
    }
}
