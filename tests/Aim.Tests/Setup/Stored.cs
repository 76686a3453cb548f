using Aim.Editions;
using Aim.Identity;
using Aim.Records;
using Aim.State;

namespace Aim.Tests.Setup;

/// <summary>Rows, records and people as stores are given them.</summary>
internal static class Stored
{
    public static readonly Cause Cause = new("test", "upload");

    public static UploadId Upload(int number) => new((UInt128)number);

    public static EditionRow Student(string firstName, int upload = 1, int line = 2) =>
        Row(RecordTypes.Student, new Student { LastName = "Rivers", FirstName = firstName, Gender = "F", BirthDate = new DateOnly(2015, 6, 1) }, upload, line) with { StatedId = new StateId(123_456_789) };

    public static EditionRow Enrollment(string grade, string school = Sample.Elementary, int upload = 1, int line = 2) =>
        Row(RecordTypes.Enrollment, new Enrollment { SchoolNumber = school, CalendarNumber = "001", Grade = grade, ServiceType = "P", StartDate = new DateOnly(2025, 8, 25) }, upload, line) with
        {
            StatedLastName = "Rivers", StatedFirstName = "Ana",
        };

    private static EditionRow Row<T>(RecordType<T> type, T record, int upload, int line) where T : IRecord<T>
    {
        var buffer = new ByteBuffer();
        type.Write(record, buffer);
        return new EditionRow { Type = type, Key = record.Key, Content = buffer.Written.ToArray(), Upload = Upload(upload), Line = line };
    }

    public static EditionChange Added(string localId, EditionRow row) => new(localId, null, row);

    public static EditionChange Changed(string localId, EditionRow before, EditionRow after) => new(localId, before, after);

    public static EditionChange Removed(string localId, EditionRow row) => new(localId, row, null);

    /// <summary>The digest of an edition that has just these rows.</summary>
    public static EditionDigest Digest(params (string LocalId, EditionRow Row)[] rows) =>
        rows.Aggregate(default(EditionDigest), (sum, item) => sum.Add(EditionDigest.HashOf(item.LocalId, item.Row.Type, item.Row.Key, item.Row.Content.Span)));

    public static Contribution Contribution(string localId, params EditionRow[] rows) => Contribution(Sample.District, localId, rows);

    public static Contribution Contribution(DistrictId district, string localId, params EditionRow[] rows) =>
        new(district, localId, 1, [.. rows.Select(row => new Section(row.Type, row.Key, row.Content, row.Upload, row.Line))]);

    public static Person Person(int stateId, string firstName) => new()
    {
        StateId = new StateId(stateId), LastName = "Rivers", FirstName = firstName, MiddleName = "Lee", Suffix = "Jr", BirthDate = new DateOnly(2015, 6, 1), Gender = "F",
    };
}
