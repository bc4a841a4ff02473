//! A catalogue as bytes, for the charter to name and for phones to fetch.

use minicbor::Decoder;

use super::{Catalogue, Mistake, Sources, load};

pub const MAX_BUNDLE_BYTES: usize = 1 << 20;
pub const MAX_BUNDLE_FILES: usize = 500;

#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("the bundle has {0} bytes, more than {MAX_BUNDLE_BYTES}")]
    TooLong(usize),
    #[error("the bundle has {0} files, more than {MAX_BUNDLE_FILES}")]
    TooManyFiles(u64),
    #[error("read the bundle")]
    Decode(#[from] minicbor::decode::Error),
    #[error("the bundle is not written in the one form it must have")]
    NotCanonical,
    #[error("the catalogue has {} mistakes, the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Mistakes(Vec<Mistake>),
}

/// A CBOR map from path to text, in the order of the paths' bytes.
pub(super) fn pack(files: &Sources) -> Vec<u8> {
    minicbor::to_vec(files).expect("a vector takes all bytes and texts need no context")
}

pub(super) fn open(bytes: &[u8]) -> Result<Catalogue, BundleError> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(BundleError::TooLong(bytes.len()));
    }
    let mut decoder = Decoder::new(bytes);
    let count = decoder.map()?.ok_or(BundleError::NotCanonical)?;
    if count > MAX_BUNDLE_FILES as u64 {
        return Err(BundleError::TooManyFiles(count));
    }
    let mut files = Sources::new();
    for _ in 0..count {
        files.insert(decoder.str()?.to_owned(), decoder.str()?.to_owned());
    }
    if pack(&files) != bytes {
        return Err(BundleError::NotCanonical);
    }
    load::resolved(files).map_err(BundleError::Mistakes)
}

#[cfg(test)]
mod tests {
    use minicbor::Encoder;

    use super::*;

    #[test]
    fn a_bundle_opens_to_the_same_catalogue() {
        let bytes = Catalogue::embedded().bundle();
        let opened = Catalogue::from_bundle(&bytes).unwrap();
        assert_eq!(&opened, Catalogue::embedded());
        assert_eq!(opened.bundle(), bytes);
        assert_eq!(opened.hash(), Catalogue::embedded().hash());
    }

    #[test]
    fn the_order_of_files_cannot_make_a_second_bundle() {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes);
        encoder.map(2).unwrap().str("b").unwrap().str("").unwrap();
        encoder.str("a").unwrap().str("").unwrap();
        assert!(matches!(open(&bytes), Err(BundleError::NotCanonical)));
    }

    #[test]
    fn a_bundle_beyond_its_bounds_is_refused_before_it_is_read() {
        let long = vec![0; MAX_BUNDLE_BYTES + 1];
        assert!(matches!(open(&long), Err(BundleError::TooLong(_))));
        let many = [0xb9, 0x01, 0xf5];
        assert!(matches!(open(&many), Err(BundleError::TooManyFiles(501))));
        assert!(matches!(open(&[0xff]), Err(BundleError::Decode(_))));
    }

    #[test]
    fn a_bundle_with_a_mistake_says_which() {
        let files = Sources::from([("kinds/x.toml".to_owned(), "kind = 3".to_owned())]);
        let error = open(&pack(&files)).unwrap_err();
        assert!(error.to_string().contains("kinds/x.toml:1"), "{error}");
    }
}
