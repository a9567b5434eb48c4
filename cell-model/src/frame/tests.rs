use proptest::prelude::*;

use super::*;

fn example() -> Header {
    Header {
        length: 0x0002_0301,
        kind: Kind::Request,
        channel: 3,
        format: Format::MessagePack,
        flags: flags::TRACE,
        id: 0x1817_1615_1413_1211,
        deadline: 0x2827_2625_2423_2221,
        argument: 0x3433_3231,
    }
}

/// The wire format: whoever changes this breaks clients in other languages.
#[test]
fn the_bytes_of_a_header() {
    #[rustfmt::skip]
    let expected = [
        0x01, 0x03, 0x02, 0x00, 1, 3, 2, 2,
        0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
        0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
        0x31, 0x32, 0x33, 0x34, 0, 0, 0, 0,
    ];
    assert_eq!(example().encode(), expected);
    assert_eq!(Header::decode(&expected), Ok(example()));
}

#[test]
fn what_this_version_does_not_know_is_refused() {
    let refused = |at: usize, byte: u8, why: NoHeader| {
        let mut bytes = example().encode();
        bytes[at] = byte;
        assert_eq!(Header::decode(&bytes), Err(why));
    };
    refused(4, 12, NoHeader::Kind(12));
    refused(6, 3, NoHeader::Format(3));
    refused(7, 8, NoHeader::Flags(8));
    refused(3, 1, NoHeader::Length(0x0102_0301));
    refused(31, 1, NoHeader::Rest);
    let mut cancel = Header::new(Kind::Cancel, 0, 1).encode();
    assert!(Header::decode(&cancel).is_ok());
    cancel[7] = flags::MORE;
    assert_eq!(Header::decode(&cancel), Err(NoHeader::Flags(flags::MORE)));
}

#[test]
fn kinds_have_the_numbers_of_their_places() {
    for (index, kind) in Kind::ALL.iter().enumerate() {
        assert_eq!(*kind as usize, index);
    }
}

#[test]
fn the_text_of_a_trace_is_that_of_w3c() {
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let trace = Trace::from_parent(text).unwrap();
    assert_eq!(trace.parent(), text);
    assert_eq!(Trace::decode(&trace.encode()), Some(trace));
    // A later version may add parts.
    assert!(Trace::from_parent(&format!("cc{}-more", &text[2..])).is_some());
    for wrong in [
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ] {
        assert_eq!(Trace::from_parent(wrong), None, "{wrong}");
    }
    assert_eq!(Trace::decode(&[0; 32]), None);
}

proptest! {
    #[test]
    fn any_bytes_are_a_header_or_an_error(bytes in any::<[u8; HEADER]>()) {
        if let Ok(header) = Header::decode(&bytes) {
            prop_assert_eq!(header.encode(), bytes);
        }
    }

    #[test]
    fn headers_come_back(kind in 0usize..12, channel: u8, format in 0u8..3, id: u64, deadline: u64,
                         argument: u32, length in 0..=FRAME_PAYLOAD as u32, trace: bool) {
        let flags = if trace { flags::TRACE } else { 0 };
        let (kind, format) = (Kind::ALL[kind], Format::from_number(format).unwrap());
        let header = Header { length, kind, channel, format, flags, id, deadline, argument };
        prop_assert_eq!(Header::decode(&header.encode()), Ok(header));
    }

    #[test]
    fn any_text_is_a_trace_or_none(text: String) {
        let _ = Trace::from_parent(&text);
    }
}
