namespace Aim.Rules;

/// <summary>Rules that the reader of a file, or of a save, raises itself: the form of the file, of its fields, and codes.</summary>
public static class FileRules
{
    public static readonly Rule Header = new("FMT-001", Severity.Fatal, RuleScope.File, "Header", "File unreadable, or header missing or unknown",
        "The file does not start with a header this system knows: {Value}.",
        "Start the file with HD, the date (MM/DD/YYYY), the time (HH:MM:SS) and the version MT9.1, separated by tabs; a CSV file starts with the column names.")
        { Basis = "AIM file layout" };

    public static readonly Rule ColumnCount = new("FMT-002", Severity.Fatal, RuleScope.Row, "Row", "Wrong number of columns",
        "The row has {Value} columns; this layout has {Expected}.",
        "Send every column, empty ones too, in the layout's order. A tab or comma inside a value also shifts the columns.") { Basis = "AIM file layout" };

    public static readonly Rule TooLong = new("FMT-003", Severity.Fatal, RuleScope.Row, "Field", "Field longer than its width",
        "{Field} has {Length} characters; at most {Width} fit.", "Shorten the value, or check whether columns have shifted.") { Basis = "CALPADS FRMT0001" };

    public static readonly Rule BadValue = new("FMT-004", Severity.Fatal, RuleScope.Row, "Field", "Not a date, time or number",
        "{Field} is '{Value}', which is not {Expected}.", "Give dates as MM/DD/YYYY or YYYY-MM-DD (for example 08/26/2025 or 2025-08-26) and numbers in digits only.") { HowToFixAsJson = "Give dates as YYYY-MM-DD (for example 2025-08-26) and numbers in digits only.", Basis = "CALPADS FRMT0002" };

    public static readonly Rule RecordType = new("FMT-005", Severity.Fatal, RuleScope.Row, "RecordType", "Row of another record type",
        "The row is of type '{Value}', in an upload of type {Expected}.", "Send each record type in an upload of its own.") { Basis = "AIM file layout" };

    public static readonly Rule District = new("FMT-006", Severity.Fatal, RuleScope.Row, "DistrictNumber", "Row of another district",
        "The row is for district '{Value}', but the upload is for district {Expected}.",
        "Leave out rows of other districts; use the four-digit School System number, not the Legal Entity number.") { Basis = "CALPADS SENR0001" };

    public static readonly Rule Characters = new("FMT-007", Severity.Warning, RuleScope.Row, "Field", "Characters that are not plain text",
        "{Field} holds {Value}.", "Export the file as UTF-8 and retype the value without control characters or typographic quotes.") { Basis = "AIM file layout" };

    public static readonly Rule LeadingZeros = new("FMT-008", Severity.Warning, RuleScope.Row, "Field", "Leading zeros seem to be missing",
        "{Field} is '{Value}', shorter than {Width} digits; it was read as {Expected}.",
        "Export the column as text: opening the file in a spreadsheet drops leading zeros.") { Basis = "AIM file layout" };

    public static readonly Rule Required = new("FMT-009", Severity.Fatal, RuleScope.Row, "Field", "Required field empty",
        "{Field} is empty, and a row cannot be stored without it.", "Fill in the field.") { Basis = "CALPADS GERR0001" };

    public static readonly Rule DuplicateKey = new("FMT-010", Severity.Fatal, RuleScope.Student, "Row", "Two different rows for the same record",
        "The row says something else than line {Line} about the same record; neither was loaded, as it can't be known which is right.",
        "Keep the row that is right and delete the other.") { Basis = "Practice of state collections" };

    public static readonly Rule Year = new("FMT-011", Severity.Fatal, RuleScope.Row, "EndYear", "Row of another school year",
        "The row is for the school year ending in '{Value}', but the upload is for {Expected}.", "Upload each school year on its own.") { Basis = "CALPADS SENR0006" };

    public static readonly Rule Repeated = new("FMT-012", Severity.Warning, RuleScope.Student, "Row", "Row repeated",
        "The row repeats line {Line} exactly; it was loaded once.", "Delete the repeated row.") { Basis = "Practice of state collections" };

    public static readonly Rule NothingToDelete = new("FMT-013", Severity.Warning, RuleScope.Student, "Row", "Delete of a record that is not there",
        "There is no record of this type with the key '{Value}' to delete.",
        "Check whether the record was ever sent, or was sent under another local id or key; if it is rightly gone, there is nothing to do.") { Basis = "Push of changes", IsOfSaves = true };

    public static readonly Rule OtherKey = new("FMT-014", Severity.Fatal, RuleScope.Student, "Row", "Record sent under the key of another",
        "The record was sent under the key '{Value}', but its own fields make it {Expected}, and {Reason}.",
        "Send the record under its own key. To correct a field of the key, send it under the key of the record that it replaces, while no record has the new key; where both are there, change one and delete the other.")
        { Basis = "Push of changes", IsOfSaves = true };

    public static readonly Rule HeldKey = new("FMT-015", Severity.Fatal, RuleScope.Student, "Row", "Key of a record that the state holds",
        "The record with the key '{Value}' would become {Expected}, but the state office holds fields of it: {Held}.",
        "Ask the state office to let the fields go, then send the record again; what is held is in the student's record.") { Basis = "Push of changes", IsOfSaves = true };

    public static readonly Rule Code = new("REF-005", Severity.Fatal, RuleScope.Row, "Field", "Code not in the list",
        "{Field} is '{Value}', which is not in the list '{Expected}'.", "Use a code of the list; the page about the file in the clerk's guide has it.") { Basis = "CALPADS GERR0002" };

    public static readonly Rule CodeYear = new("REF-006", Severity.Error, RuleScope.Row, "Field", "Code not valid in this school year",
        "{Field} is '{Value}', a code that is not valid in the school year ending {Expected}.", "Use a code that is valid in this school year.") { Basis = "CALPADS GERR0007" };

    public static IEnumerable<Rule> All =>
        [Header, ColumnCount, TooLong, BadValue, RecordType, District, Characters, LeadingZeros, Required, DuplicateKey, Year, Repeated, NothingToDelete, OtherKey, HeldKey, Code, CodeYear];
}
