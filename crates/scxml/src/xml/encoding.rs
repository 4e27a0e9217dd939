//! From bytes to text: UTF-8, UTF-16, ISO-8859-1 and Windows-1252, as the XML declaration or the
//! byte order mark says.

use std::borrow::Cow;

/// Decodes a document. The error says what is wrong with its encoding.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        _ => match declared(bytes).as_deref() {
            None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => utf8(bytes),
            Some("iso-8859-1" | "latin1" | "windows-1252" | "cp1252") => Ok(windows_1252(bytes)),
            Some(other) => Err(format!("the encoding `{other}` is not understood")),
        },
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    std::str::from_utf8(bytes)
        .map(Cow::Borrowed)
        .map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to()))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("the text ends in the middle of a UTF-16 unit".to_owned());
    }
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units)
        .collect::<Result<String, _>>()
        .map(|text| Cow::Owned(without_declaration(text)))
        .map_err(|_| "the text is not UTF-16".to_owned())
}

/// The two single-byte encodings differ only in 0x80 to 0x9F, where the first has nothing printable.
fn windows_1252(bytes: &[u8]) -> Cow<'static, str> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let text = bytes
        .iter()
        .map(|byte| match byte {
            0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
            byte => char::from(*byte),
        })
        .collect();
    Cow::Owned(without_declaration(text))
}

/// The text is UTF-8 now: a declaration that says otherwise would mislead; blanks keep the columns.
fn without_declaration(text: String) -> String {
    let Some(end) = text.starts_with("<?xml").then(|| text.find("?>")).flatten() else {
        return text;
    };
    let (head, rest) = text.split_at(end + 2);
    let blanks: String = head
        .chars()
        .map(|c| if c == '\n' { '\n' } else { ' ' })
        .collect();
    blanks + rest
}

/// The encoding named in the XML declaration, in lower case.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(200)];
    let head: String = head.iter().map(|byte| char::from(*byte)).collect();
    let head = head.strip_prefix("<?xml")?;
    let (head, _) = head.split_once("?>")?;
    let (_, after) = head.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let (name, _) = after[1..].split_once(quote)?;
    Some(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_as_they_say() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xe9'/>";
        assert!(decode(latin).unwrap().ends_with("<a b='é'/>"));
        let mut wide = vec![0xFF, 0xFE];
        wide.extend("<a/>".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(&wide).unwrap(), "<a/>");
        assert!(decode(b"<a>\xff</a>").unwrap_err().contains("byte 3"));
        assert!(decode(b"<?xml version='1.0' encoding='EBCDIC'?><a/>").is_err());
    }
}
