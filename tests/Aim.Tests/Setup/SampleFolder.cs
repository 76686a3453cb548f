using System.Globalization;
using System.Net;
using Aim.Organizations;

namespace Aim.Tests.Setup;

/// <summary>The sample state's reference data as the files that commands take.</summary>
internal static class SampleFolder
{
    private const string Addresses = "MailingLine1,MailingLine2,MailingCity,MailingState,MailingZip,MailingZip4,LocationLine1,LocationLine2,LocationCity,LocationState,LocationZip,LocationZip4";

    /// <summary>A new folder with agency.csv, districts.csv, schools.csv and calendars.csv.</summary>
    public static string WriteReference()
    {
        var folder = AssemblySetup.NewFolder("reference");
        var (reference, agency) = (Sample.Reference(), Sample.Agency);
        Write("agency", $"SchoolYear,Name,Fips,Abbreviation,AgencyNumber,TimeZone,Phone,Web,{Addresses}",
            [Line(reference.Year.ToString(), agency.Name, agency.Fips, agency.Abbreviation, agency.AgencyNumber, agency.TimeZone, agency.Phone, agency.Web, Cells(agency.Mailing), Cells(agency.Location))]);
        Write("districts", $"DistrictNumber,Name,NcesId,LeaType,SupervisoryUnion,Status,UpdatedStatus,StatusDate,CharterStatus,ReportedFederally,Phone,Web,{Addresses}",
            reference.Districts.Select(d => Line(d.Number.Value, d.Name, d.NcesId, Text(d.LeaType), null, Text((int)d.Status), null, null, d.CharterStatus, "Y", d.Phone, d.Web, Cells(d.Mailing), Cells(d.Location))));
        Write("schools", $"DistrictNumber,SchoolNumber,Name,NcesId,SchoolType,Status,UpdatedStatus,StatusDate,Charter,Grades,ReportedFederally,Phone,Web,{Addresses}",
            reference.Schools.Select(s => Line(s.District.Value, s.Number, s.Name, s.NcesId, Text(s.SchoolType), Text((int)s.Status), null, null, "N", string.Join(' ', s.Grades), "Y", s.Phone, s.Web, Cells(s.Mailing), Cells(s.Location))));
        Write("calendars", "DistrictNumber,SchoolNumber,CalendarNumber,Start,End,InstructionalDays",
            reference.Calendars.Select(c => Line(c.District.Value, c.School, c.Number, $"{c.Start:yyyy-MM-dd}", $"{c.End:yyyy-MM-dd}", Text(c.InstructionalDays))));
        return folder;

        void Write(string name, string header, IEnumerable<string> lines) => File.WriteAllLines(Path.Combine(folder, $"{name}.csv"), lines.Prepend(header));
    }

    /// <summary>Publishes the sample state's reference data over HTTP, with rules at the stages given.</summary>
    /// <param name="stages">Rows of rules.csv; none leaves the file out.</param>
    public static async Task PublishAsync(RunningHost host, params string[] stages)
    {
        var folder = WriteReference();
        if (stages.Length > 0) File.WriteAllLines(Path.Combine(folder, "rules.csv"), stages.Prepend("Rule,Stage"));
        using var form = new MultipartFormDataContent();
        foreach (var file in Directory.EnumerateFiles(folder)) form.Add(new ByteArrayContent(File.ReadAllBytes(file)), "files", Path.GetFileName(file));
        using var response = await (await host.AsAsync("operator")).PutAsync($"/api/v1/reference/{Sample.Year}", form);
        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static string Cells(Address address) => Line(address.Line1, address.Line2, address.City, address.State, address.Zip, address.Zip4);

    private static string Line(params ReadOnlySpan<string?> cells) => string.Join(',', cells);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
