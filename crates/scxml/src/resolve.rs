//! Other files of a document, asked for by name. The crate itself opens none.

/// Finds what `src`, `xi:include` and `<invoke src>` name.
pub trait Resolver {
    /// Loads `reference` as it stands in the file `base` (a name given by this resolver, or that
    /// of the document). The error says why not, for a person.
    fn load(&self, reference: &str, base: &str) -> Result<Resource, String>;
}

/// A file that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Its full name: the base of references in it, and shown in findings.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Finds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Resolver for NoFiles {
    fn load(&self, reference: &str, _: &str) -> Result<Resource, String> {
        Err(format!("no files can be loaded here, so not `{reference}`"))
    }
}

/// Files held in memory, by their name.
#[derive(Clone, Debug, Default)]
pub struct Files(pub std::collections::BTreeMap<String, Vec<u8>>);

impl Resolver for Files {
    fn load(&self, reference: &str, _: &str) -> Result<Resource, String> {
        let name = reference.strip_prefix("file:").unwrap_or(reference);
        let bytes = self
            .0
            .get(name)
            .ok_or_else(|| format!("there is no file `{name}`"))?;
        Ok(Resource {
            name: name.to_owned(),
            bytes: bytes.clone(),
        })
    }
}
