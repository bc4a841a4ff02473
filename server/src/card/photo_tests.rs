use super::*;

/// A segment of a JPEG.
fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], payload].concat()
}

fn jpeg_of(side: u16, metadata: &[u8]) -> Vec<u8> {
    let [high, low] = side.to_be_bytes();
    [
        vec![0xff, 0xd8],
        metadata.to_vec(),
        segment(0xdb, &[0; 65]),
        segment(0xc0, &[8, high, low, high, low, 1, 1, 0x11, 0]),
        segment(0xc4, &[0; 19]),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56],
        vec![0xff, 0xd9],
    ]
    .concat()
}

fn exif_of(order: &[u8], entry: &[u8]) -> Vec<u8> {
    let place = b"\0\x02GPS 31.2304 121.4737";
    segment(0xe1, &[b"Exif\0\0", order, entry, &place[..]].concat())
}

fn png_of(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = PNG.to_vec();
    for (name, data) in chunks {
        file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        file.extend_from_slice(*name);
        file.extend_from_slice(data);
        file.extend([0; 4]);
    }
    file
}

const HEADER: [u8; 13] = [0, 0, 1, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0];

#[test]
fn a_jpeg_keeps_its_picture_and_loses_everything_else() {
    let plain = jpeg_of(480, &[]);
    let said = [
        segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        exif_of(
            b"II*\0\x08\0\0\0",
            b"\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0",
        ),
        segment(0xe2, b"MPF\0thumbnail"),
        segment(0xfe, b"taken by the officer's own phone"),
    ]
    .concat();
    let mut file = jpeg_of(480, &said);
    file.extend(b"<script>alert(1)</script>");
    assert_eq!(Photo::read(&file).unwrap().bytes, plain);
    assert_eq!(Photo::read(&plain).unwrap().mime, "image/jpeg");
}

#[test]
fn which_way_is_up_is_kept_and_the_place_is_not() {
    for (order, entry) in [
        (
            &b"II*\0\x08\0\0\0"[..],
            &b"\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"[..],
        ),
        (
            b"MM\0*\0\0\0\x08",
            b"\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0",
        ),
    ] {
        let bytes = Photo::read(&jpeg_of(480, &exif_of(order, entry)))
            .unwrap()
            .bytes;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("GPS"));
        let again = Photo::read(&bytes).unwrap().bytes;
        assert_eq!(again, bytes, "what is clean stays as it is");
        let length = usize::from(number(&bytes, 4).unwrap());
        assert_eq!(orientation(&bytes[12..4 + length]), Some(6));
    }
}

#[test]
fn a_png_keeps_its_picture_and_loses_its_texts() {
    let file = png_of(&[
        (b"IHDR", &HEADER),
        (b"tEXt", b"GPS\0 31.2"),
        (b"eXIf", b"MM"),
        (b"IDAT", b"data"),
        (b"acTL", b"moving"),
        (b"IEND", b""),
    ]);
    let clean = png_of(&[(b"IHDR", &HEADER), (b"IDAT", b"data"), (b"IEND", b"")]);
    let polyglot = [file, b"PK\x03\x04".to_vec()].concat();
    let photo = Photo::read(&polyglot).unwrap();
    assert_eq!((photo.mime, photo.bytes), ("image/png", clean));
}

#[test]
fn what_is_no_photo_too_large_or_cut_off_says_so() {
    let large = [vec![0xff, 0xd8, 0xff], vec![0; MAX_FILE]].concat();
    let mut flood = HEADER;
    flood[2] = 0x40;
    for (file, says) in [
        (b"GIF89a".to_vec(), "neither"),
        (b"<svg/>".to_vec(), "neither"),
        (Vec::new(), "neither"),
        (large, "larger than 2 MB"),
        (jpeg_of(4000, &[]), "4000 by 4000"),
        (jpeg_of(0, &[]), "0 by 0"),
        (png_of(&[(b"IHDR", &flood)]), "pixels"),
        (png_of(&[(b"IDAT", b"x"), (b"IEND", b"")]), "damaged"),
        (png_of(&[(b"IHDR", &HEADER), (b"IEND", b"")]), "damaged"),
        (
            jpeg_of(480, &segment(0xc3, &[0; 9])),
            "browsers do not show",
        ),
        (jpeg_of(480, &segment(0xfe, &vec![0; 60_000]).repeat(4)), ""),
    ] {
        match Photo::read(&file) {
            Ok(_) => assert!(says.is_empty(), "{says}"),
            Err(what) => assert!(what.contains(says) && !says.is_empty(), "{what}"),
        }
    }
    let whole = jpeg_of(480, &[]);
    let png = png_of(&[(b"IHDR", &HEADER), (b"IDAT", b"data"), (b"IEND", b"")]);
    for file in [whole, png] {
        for end in 0..file.len() {
            assert!(Photo::read(&file[..end]).is_err(), "{end}");
        }
    }
}
