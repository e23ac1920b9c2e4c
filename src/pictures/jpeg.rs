//! JPEG files that are cut off.

/// The usable part of a JPEG that is cut off before its first end-of-image marker; empty if it has no
/// coded data. `None` if the file is complete.
///
/// The decoder reads a cut picture as far as possible, but does not report it, invents pixels if there
/// are no coded data at all, and fails if a segment is cut or a progressive picture has no end. This
/// function therefore follows the segments by their lengths and drops one that is cut. The end marker
/// of a thumbnail inside the metadata does not count. The search stops at the first end marker outside:
/// what follows it (more pictures of an MPO, a manufacturer's notes, junk) does not matter. Inside
/// coded data, and in junk between segments, it looks for the next marker. It cannot detect rows that
/// are missing before an end marker.
pub fn repair_cut_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    const PROGRESSIVE_FRAME: u8 = 0xc2;
    const END_OF_IMAGE: u8 = 0xd9;
    const START_OF_SCAN: u8 = 0xda;

    let mut progressive = false;
    let mut scan = bytes.len();
    let mut at = 2;
    let usable = loop {
        let Some(gap) = bytes[at..].iter().position(|byte| *byte == 0xff) else {
            break bytes.len();
        };
        at += gap;
        match bytes[at + 1..] {
            [END_OF_IMAGE, ..] => return None,
            // A fill byte before the marker.
            [0xff, ..] => at += 1,
            // An escaped 0xff, or a marker without a length.
            [0x00 | 0x01 | 0xd0..=0xd8, ..] => at += 2,
            [marker, high, low, ..] => {
                let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
                if end > bytes.len() {
                    break at;
                }
                progressive |= marker == PROGRESSIVE_FRAME;
                if marker == START_OF_SCAN {
                    scan = scan.min(end);
                }
                at = end;
            }
            _ => break at,
        }
    };
    let mut repaired = bytes[..usable].to_vec();
    if usable <= scan {
        repaired.clear();
    } else if progressive {
        // Only for progressive pictures. In a sequential one, an end marker would make the decoder
        // invent the missing rows.
        repaired.extend([0xff, END_OF_IMAGE]);
    }
    Some(repaired)
}
