using System.Globalization;
using Aim.Organizations;
using Aim.Records;
using Aim.Snapshots;

namespace Aim.Host.Generate;

/// <summary>Writes what the state office keeps of a year: agency, districts, schools, calendars, the days of the collections, and the State IDs given out before.</summary>
internal sealed class ReferenceCsv(StateFolder folder, SchoolYear year)
{
    public void Write(IReadOnlyList<SampleDistrict> districts, IReadOnlyList<School> empty, IEnumerable<SchoolCalendar> calendars, IReadOnlyList<SampleStudent> students, Mistakes mistakes)
    {
        const string addressColumns = "MailingLine1,MailingLine2,MailingCity,MailingState,MailingZip,MailingZip4,LocationLine1,LocationLine2,LocationCity,LocationState,LocationZip,LocationZip4";
        var agency = Geography.Agency;
        folder.WriteCsv("reference/agency.csv", $"SchoolYear,Name,Fips,Abbreviation,AgencyNumber,TimeZone,Phone,Web,{addressColumns}",
            [Line(year.ToString(), agency.Name, agency.Fips, agency.Abbreviation, agency.AgencyNumber, agency.TimeZone, agency.Phone, agency.Web, Cells(agency.Mailing), Cells(agency.Location))]);
        folder.WriteCsv("reference/districts.csv", $"DistrictNumber,Name,NcesId,LeaType,SupervisoryUnion,Status,UpdatedStatus,StatusDate,CharterStatus,ReportedFederally,Phone,Web,{addressColumns}",
            districts.Select(item => item.District).Select(d => Line(d.Number.Value, d.Name, d.NcesId, Text(d.LeaType), d.SupervisoryUnion, Text((int)d.Status), null, null, d.CharterStatus, "Y", d.Phone, d.Web,
                Cells(d.Mailing), Cells(d.Location))));
        folder.WriteCsv("reference/schools.csv", $"DistrictNumber,SchoolNumber,Name,NcesId,SchoolType,Status,UpdatedStatus,StatusDate,Charter,Grades,ReportedFederally,Phone,Web,{addressColumns}",
            districts.SelectMany(item => item.Schools).Concat(empty).Select(s => Line(s.District.Value, s.Number, s.Name, s.NcesId, Text(s.SchoolType), Text((int)s.Status), null, null, "N", string.Join(' ', s.Grades), "Y", s.Phone, s.Web,
                Cells(s.Mailing), Cells(s.Location))));
        folder.WriteCsv("reference/calendars.csv", "DistrictNumber,SchoolNumber,CalendarNumber,Start,End,InstructionalDays",
            calendars.Select(c => Line(c.District.Value, c.School, c.Number, FileDate.Of(c.Start), FileDate.Of(c.End), Text(c.InstructionalDays))));
        folder.WriteCsv("reference/collections.csv", "Collection,CountDay,Closes",
            CollectionWindow.DefaultsOf(year).Select(c => Line(c.Collection, FileDate.Of(c.IsCountDayLaw ? null : c.CountDay), FileDate.Of(c.Closes))));
        folder.WriteCsv("reference/identities.csv", "StateId,LastName,FirstName,MiddleName,Suffix,BirthDate,Gender,MergedInto", Identities(students, mistakes));
    }

    /// <summary>What is noted about districts; of the counts and incidents only if those were collected.</summary>
    public void WriteNotes(SampleNotes notes, IReadOnlyList<SampleDistrict> districts, IReadOnlySet<School> withoutIncidents, bool hasCollections)
    {
        folder.WriteCsv("reference/certifications.csv", "DistrictNumber,Collection", notes.Certifications(districts.Select(item => item.District.Number)));
        if (!hasCollections) return;
        folder.WriteCsv("reference/funding-counts.csv", "DistrictNumber,Collection,Count", notes.FundingCounts());
        folder.WriteCsv("reference/zero-incidents.csv", "DistrictNumber,SchoolNumber", notes.ZeroIncidents(districts.SelectMany(item => item.Schools), withoutIncidents));
    }

    /// <summary>The State IDs given out in earlier years, among them some that were merged since, and second ones of the same child.</summary>
    private static IEnumerable<string> Identities(IReadOnlyList<SampleStudent> students, Mistakes mistakes) =>
        students.Select(student => student.Person).Where(person => person.StateId is not null).DistinctBy(person => person.StateId).Select(person => Identity(person.StateId!.Value, person, null))
            .Concat(mistakes.Retired.Select(item => Identity(item.Retired, item.Survivor, item.Survivor.StateId)))
            .Concat(mistakes.Second.Select(item => Identity(item.Second, item.Person, null)));

    private static string Identity(StateId id, SamplePerson person, StateId? survivor) =>
        Line(id.ToString(), person.FormerLastName ?? person.LastName, person.FirstName, person.MiddleName, person.Suffix, FileDate.Of(person.BirthDate), person.Gender, survivor?.ToString());

    private static string Cells(Address address) => Line(address.Line1, address.Line2, address.City, address.State, address.Zip, address.Zip4);

    private static string Line(params ReadOnlySpan<string?> cells) => string.Join(',', cells);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
