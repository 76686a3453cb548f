using System.Globalization;
using System.Text;
using Aim.Records;

namespace Aim.Rules;

/// <summary>Makes findings: fills the placeholders of a rule's message from the record it is about.</summary>
internal static class Findings
{
    public static Finding Of<T>(Rule rule, T record, in RowPlace place, string? cause, RowFacts? facts, StateId? stated = null) where T : IRecord<T>
    {
        var values = new FieldValues(place.AsJson);
        record.Write(ref values);
        values["Cause"] = cause;
        values["StudentStateId"] = stated?.ToString();
        if (facts is not null)
        {
            values["District"] = facts.District.Value;
            values["AsOf"] = values.Format(facts.AsOf);
            values["Calendar.Start"] = values.Format(facts.Calendar?.Start);
            values["Calendar.End"] = values.Format(facts.Calendar?.End);
            values["CountDay"] = values.Format(Ages.CountDayOf(place.Type, facts.Year));
            values["Grades"] = facts.School is null ? null : string.Join(", ", facts.School.Grades);
        }
        return Make(rule, place, values.GetValueOrDefault(rule.Field), cause, values);
    }

    /// <summary>A finding about a stored record, with what else its message names.</summary>
    public static Finding OfRecord<T>(Rule rule, T record, in RowPlace place, params ReadOnlySpan<(string Name, string? Value)> more) where T : IRecord<T>
    {
        var values = new FieldValues(place.AsJson);
        record.Write(ref values);
        foreach (var (name, text) in more) values[name] = text;
        return Make(rule, place, values.GetValueOrDefault(rule.Field), null, values);
    }

    /// <summary>A finding about a field of the file that did not become part of a record.</summary>
    public static Finding OfField(Rule rule, in RowPlace place, string field, string? value, string? cause, params ReadOnlySpan<(string Name, string? Value)> more)
    {
        var values = new FieldValues(place.AsJson) { ["Field"] = field, ["Value"] = value };
        foreach (var (name, text) in more) values[name] = text;
        return Make(rule, place, value, cause, values) with { Field = field };
    }

    /// <summary>A finding about a file that is refused as a whole; whatever the rule does to a row, nothing of the file is loaded.</summary>
    /// <param name="type">Null for an archive, which holds several.</param>
    public static Finding OfFile(Rule rule, RecordType? type, string sentence) => new(rule.Id, Severity.Fatal, type?.Code, 0, null, null, null, null, sentence, "Do what the message says, and upload the file again.");

    private static Finding Make(Rule rule, in RowPlace place, string? value, string? cause, Dictionary<string, string?> values) => new(
        rule.Id, rule.EffectiveSeverity, place.Type.Code, place.Line, rule.Field, place.LocalId, value, cause,
        Fill(rule.Message, values), Fill(place.AsJson && rule.HowToFixAsJson is { } told ? told : rule.HowToFix, values), place.Upload, values.GetValueOrDefault(nameof(ISchoolRecord.SchoolNumber)));

    /// <summary>A finding about a school, or about the district as a whole.</summary>
    public static Finding OfEdition(Rule rule, DistrictId district, EditionOffence offence)
    {
        var values = new Dictionary<string, string?> { ["District"] = district.Value, ["School"] = offence.School };
        foreach (var (name, value) in offence.Values) values[name] = Convert.ToString(value, CultureInfo.InvariantCulture);
        return new(rule.Id, rule.EffectiveSeverity, null, 0, rule.Field, null, null, offence.School, Fill(rule.Message, values), Fill(rule.HowToFix, values), School: offence.School);
    }

    internal static string Fill(string template, Dictionary<string, string?> values)
    {
        if (!template.Contains('{')) return template;
        var text = new StringBuilder(template.Length + 32);
        var rest = template.AsSpan();
        while (rest.IndexOf('{') is >= 0 and var open && rest[open..].IndexOf('}') is > 0 and var length)
        {
            text.Append(rest[..open]);
            var name = rest.Slice(open + 1, length - 1).ToString();
            if (!values.TryGetValue(name, out var value)) throw new InvalidOperationException($"A rule's text names {{{name}}}, which is not known there.");
            text.Append(string.IsNullOrEmpty(value) ? "(empty)" : value);
            rest = rest[(open + length + 1)..];
        }
        return text.Append(rest).ToString();
    }

    /// <param name="asJson">Dates are as JSON has them; else as a file has them.</param>
    private sealed class FieldValues(bool asJson) : Dictionary<string, string?>, IFieldSink
    {
        public string? Format(DateOnly? date) => date?.ToString(asJson ? "yyyy-MM-dd" : "MM/dd/yyyy", CultureInfo.InvariantCulture);

        void IFieldSink.Text(string name, string? value) => this[name] = value;
        void IFieldSink.Code(string name, string? value) => this[name] = value;
        void IFieldSink.Date(string name, DateOnly? value) => this[name] = Format(value);
        void IFieldSink.Flag(string name, bool? value) => this[name] = value is null ? null : value.Value ? "Y" : "N";
        void IFieldSink.Number(string name, int? value) => this[name] = value?.ToString(CultureInfo.InvariantCulture);
        void IFieldSink.Amount(string name, decimal? value) => this[name] = value?.ToString(CultureInfo.InvariantCulture);
    }
}
