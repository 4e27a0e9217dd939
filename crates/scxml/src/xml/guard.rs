//! Measures a text before a parser sees it: what is too big, too deep, too wide or declares entities
//! is refused in one pass, so that no document can make reading it expensive.

use crate::limits::DocumentLimits;

pub(super) struct Refusal {
    pub(super) offset: usize,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) advice: String,
}

pub(super) fn measure(text: &str, limits: &DocumentLimits) -> Result<(), Refusal> {
    if text.len() > limits.bytes {
        return Err(Refusal {
            offset: 0,
            code: "limit.bytes",
            message: format!("{} bytes; at most {} are read", text.len(), limits.bytes),
            advice: "split the document, or raise the limit `bytes`".to_owned(),
        });
    }
    Measure {
        bytes: text.as_bytes(),
        at: 0,
        depth: 0,
        limits,
    }
    .run()
}

struct Measure<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    limits: &'a DocumentLimits,
}

impl Measure<'_> {
    fn run(&mut self) -> Result<(), Refusal> {
        while let Some(offset) = self.find(b"<") {
            self.at = offset;
            let rest = &self.bytes[offset..];
            if rest.starts_with(b"<!--") {
                self.skip_past(b"-->");
            } else if rest.starts_with(b"<![CDATA[") {
                self.skip_past(b"]]>");
            } else if rest.starts_with(b"<?") {
                self.skip_past(b"?>");
            } else if rest.starts_with(b"<!") {
                self.document_type()?;
            } else if rest.starts_with(b"</") {
                self.depth = self.depth.saturating_sub(1);
                self.skip_past(b">");
            } else {
                self.tag()?;
            }
        }
        Ok(())
    }

    fn find(&self, what: &[u8]) -> Option<usize> {
        let rest = self.bytes.get(self.at..)?;
        let found = rest.windows(what.len()).position(|window| window == what)?;
        Some(self.at + found)
    }

    fn skip_past(&mut self, what: &[u8]) {
        self.at = self
            .find(what)
            .map_or(self.bytes.len(), |found| found + what.len());
    }

    /// `<!DOCTYPE name PUBLIC ..>` declares nothing; with a subset in brackets it could declare
    /// entities that grow when they are put in.
    fn document_type(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        self.skip_past(b">");
        let text = &self.bytes[start..self.at];
        // A quoted `>` ends the text too early; then a declaration of the subset comes next.
        if text.contains(&b'[') || !text.starts_with(b"<!DOCTYPE") {
            return Err(Refusal {
                offset: start,
                code: "xml.entities",
                message: "the document type declares something of its own".to_owned(),
                advice: "take the part in brackets out; entities are not expanded, include files with xi:include"
                    .to_owned(),
            });
        }
        Ok(())
    }

    fn tag(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        let mut attributes = 0_usize;
        let mut quote = None;
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match (quote, byte) {
                (Some(open), byte) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => {
                    quote = Some(byte);
                    attributes += 1;
                }
                (None, b'>') => break,
                (None, _) => {}
            }
        }
        if attributes > self.limits.attributes {
            return Err(Refusal {
                offset: start,
                code: "limit.attributes",
                message: format!(
                    "an element with {attributes} attributes; at most {} are read",
                    self.limits.attributes
                ),
                advice: "use child elements, or raise the limit `attributes`".to_owned(),
            });
        }
        if self.bytes.get(self.at.saturating_sub(2)) != Some(&b'/') {
            self.depth += 1;
        }
        if self.depth > self.limits.depth {
            return Err(Refusal {
                offset: start,
                code: "limit.depth",
                message: format!(
                    "more than {} elements inside one another",
                    self.limits.depth
                ),
                advice: "flatten the document, or raise the limit `depth`".to_owned(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<&'static str> {
        measure(text, &DocumentLimits::default())
            .err()
            .map(|refusal| refusal.code)
    }

    #[test]
    fn what_could_hurt_is_refused_before_it_is_parsed() {
        let wide = format!("<a {}/>", "b='c' ".repeat(1_000_000 / 2));
        assert_eq!(refused(&wide), Some("limit.attributes"));
        assert_eq!(refused(&"<a>".repeat(1_000)), Some("limit.depth"));
        assert_eq!(refused(&" ".repeat(5 << 20)), Some("limit.bytes"));
        let bomb = "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>";
        assert_eq!(refused(bomb), Some("xml.entities"));
        let hidden = "<!DOCTYPE a SYSTEM '>' [<!ENTITY b 'c'>]><a>&b;</a>";
        assert_eq!(refused(hidden), Some("xml.entities"));
    }

    #[test]
    fn ordinary_markup_passes() {
        let text = "<?xml version='1.0'?><!DOCTYPE a><!-- <<< --><a b='>'><c/><![CDATA[<<<]]></a>";
        assert_eq!(refused(text), None);
        let many = format!("<a>{}</a>", "<b></b><c/>".repeat(1_000));
        assert_eq!(refused(&many), None);
    }
}
