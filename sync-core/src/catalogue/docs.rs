pub fn record_kinds_markdown(_: &super::Catalogue) -> String {
    String::new()
}
