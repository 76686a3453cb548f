using System.Runtime.CompilerServices;
using Aim.Ports;
using Aim.Records;
using Aim.Snapshots;
using Parquet;
using Parquet.Schema;

namespace Aim.Federal;

/// <summary>A frozen row, with where it came from.</summary>
/// <param name="Upload">The upload's id as text; null where only counts are wanted.</param>
public sealed record FrozenRow<T>(string District, string LocalId, T Record, string? Upload, int Line);

/// <summary>Everything a snapshot has of one student.</summary>
public sealed class FrozenStudent(StateId id)
{
    public StateId Id => id;
    public List<FrozenRow<Student>> Demographics { get; } = [];
    public List<FrozenRow<Enrollment>> Enrollments { get; } = [];
    public List<FrozenRow<EnglishLearner>> EnglishLearner { get; } = [];
    public List<FrozenRow<SpecialEducation>> SpecialEducation { get; } = [];
}

/// <summary>
/// Reads a snapshot part by part: a part holds each of its students whole, so counting needs the memory of one part. Only the columns
/// that counts use are read.
/// </summary>
internal static class FrozenStudents
{
    public static async IAsyncEnumerable<IReadOnlyCollection<FrozenStudent>> ReadPartsAsync(
        IBlobStore blobs, SnapshotManifest manifest, bool withOrigin, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var part in manifest.Files.GroupBy(file => file.Part).OrderBy(group => group.Key)) yield return await ReadPartAsync(blobs, [.. part], withOrigin, cancellation);
    }

    private static async Task<IReadOnlyCollection<FrozenStudent>> ReadPartAsync(IBlobStore blobs, IReadOnlyList<FrozenPart> files, bool withOrigin, CancellationToken cancellation)
    {
        var students = new Students(withOrigin);
        foreach (var file in files.Where(file => file.Rows > 0))
        {
            switch (file.RecordType)
            {
                case "SD":
                    await ReadAsync(blobs, file, DemographicColumns, ToStudent, student => student.Demographics, students, cancellation);
                    break;
                case "EN":
                    await ReadAsync(blobs, file, EnrollmentColumns, ToEnrollment, student => student.Enrollments, students, cancellation);
                    break;
                case "LP":
                    await ReadAsync(blobs, file, EnglishLearnerColumns, ToEnglishLearner, student => student.EnglishLearner, students, cancellation);
                    break;
                case "SE":
                    await ReadAsync(blobs, file, SpecialEducationColumns, ToSpecialEducation, student => student.SpecialEducation, students, cancellation);
                    break;
            }
        }
        return students.ById.Values;
    }

    private sealed class Students(bool withOrigin)
    {
        public bool WithOrigin => withOrigin;
        public Dictionary<int, FrozenStudent> ById { get; } = [];
    }

    private static readonly string[] DemographicColumns =
    [
        nameof(Student.Gender), nameof(Student.BirthDate), nameof(Student.HispanicLatino), nameof(Student.AmericanIndian), nameof(Student.Asian), nameof(Student.Black),
        nameof(Student.PacificIslander), nameof(Student.White), nameof(Student.HomeLanguage),
    ];

    private static Student ToStudent(Columns c, int row) => new()
    {
        Gender = c.Text(0, row), BirthDate = c.Date(1, row), HispanicLatino = c.Flag(2, row), AmericanIndian = c.Flag(3, row), Asian = c.Flag(4, row), Black = c.Flag(5, row),
        PacificIslander = c.Flag(6, row), White = c.Flag(7, row), HomeLanguage = c.Text(8, row),
    };

    private static readonly string[] EnrollmentColumns =
    [
        nameof(Enrollment.SchoolNumber), nameof(Enrollment.Grade), nameof(Enrollment.ServiceType), nameof(Enrollment.StartDate), nameof(Enrollment.EndDate),
        nameof(Enrollment.NoShow), nameof(Enrollment.StateExclude),
    ];

    private static Enrollment ToEnrollment(Columns c, int row) => new()
    {
        SchoolNumber = c.Text(0, row), Grade = c.Text(1, row), ServiceType = c.Text(2, row), StartDate = c.Date(3, row), EndDate = c.Date(4, row),
        NoShow = c.Flag(5, row), StateExclude = c.Flag(6, row),
    };

    private static readonly string[] EnglishLearnerColumns =
        [nameof(EnglishLearner.ElStatus), nameof(EnglishLearner.IdentifiedDate), nameof(EnglishLearner.ExitDate)];

    private static EnglishLearner ToEnglishLearner(Columns c, int row) => new() { ElStatus = c.Text(0, row), IdentifiedDate = c.Date(1, row), ExitDate = c.Date(2, row) };

    private static readonly string[] SpecialEducationColumns =
    [
        nameof(SpecialEducation.PrimaryDisability), nameof(SpecialEducation.Environment), nameof(SpecialEducation.IepStart), nameof(SpecialEducation.IepEnd),
        nameof(SpecialEducation.Locked), nameof(SpecialEducation.ExitDate), nameof(SpecialEducation.SchoolNumber),
    ];

    private static SpecialEducation ToSpecialEducation(Columns c, int row) => new()
    {
        PrimaryDisability = c.Text(0, row), Environment = c.Text(1, row), IepStart = c.Date(2, row), IepEnd = c.Date(3, row), Locked = c.Flag(4, row), ExitDate = c.Date(5, row), SchoolNumber = c.Text(6, row),
    };

    private static async Task ReadAsync<T>(
        IBlobStore blobs, FrozenPart file, string[] fields, Func<Columns, int, T> toRecord, Func<FrozenStudent, List<FrozenRow<T>>> rowsOf,
        Students students, CancellationToken cancellation)
    {
        await using var bytes = await LoadAsync(blobs, file, cancellation);
        await using var reader = await ParquetReader.CreateAsync(bytes, new ParquetOptions { UseDateOnlyTypeForDates = true }, cancellationToken: cancellation);
        for (var g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            var columns = new Columns(reader.Schema, group);
            var ids = await columns.NumbersAsync(FrozenTable.StateIdColumn, cancellation);
            var districts = await columns.TextsAsync(FrozenTable.DistrictColumn, cancellation);
            var locals = await columns.TextsAsync(FrozenTable.LocalIdColumn, cancellation);
            var uploads = students.WithOrigin ? await columns.TextsAsync(FrozenTable.UploadColumn, cancellation) : null;
            var lines = students.WithOrigin ? await columns.NumbersAsync(FrozenTable.LineColumn, cancellation) : null;
            foreach (var field in fields) await columns.AddAsync(field, cancellation);
            for (var row = 0; row < ids.Length; row++)
            {
                if (!students.ById.TryGetValue(ids[row], out var student)) students.ById[ids[row]] = student = new FrozenStudent(new StateId(ids[row]));
                rowsOf(student).Add(new FrozenRow<T>(districts[row]!, locals[row]!, toRecord(columns, row), uploads?[row], lines?[row] ?? 0));
            }
        }
    }

    /// <summary>Parquet is read back and forth, which storage answers slowly; a file of a part fits in memory.</summary>
    private static async Task<MemoryStream> LoadAsync(IBlobStore blobs, FrozenPart file, CancellationToken cancellation)
    {
        await using var stored = await blobs.OpenReadAsync(file.Path, cancellation) ?? throw new FileNotFoundException($"The snapshot has lost {file.Path}.");
        var bytes = new MemoryStream((int)file.Bytes);
        await stored.CopyToAsync(bytes, cancellation);
        bytes.Position = 0;
        return bytes;
    }

    /// <summary>The columns of one row group, addressed by the order in which they were added.</summary>
    private sealed class Columns(ParquetSchema schema, ParquetRowGroupReader group)
    {
        private readonly List<Array> values = [];

        public string? Text(int column, int row) => ((string?[])values[column])[row];
        public DateOnly? Date(int column, int row) => ((DateOnly?[])values[column])[row];
        public bool? Flag(int column, int row) => ((bool?[])values[column])[row];

        public async Task AddAsync(string name, CancellationToken cancellation)
        {
            var field = Find(name);
            values.Add(field.ClrType == typeof(DateOnly) ? await OptionalAsync<DateOnly>(field, cancellation)
                : field.ClrType == typeof(bool) ? await OptionalAsync<bool>(field, cancellation)
                : await TextsAsync(name, cancellation));
        }

        public async Task<int[]> NumbersAsync(string name, CancellationToken cancellation)
        {
            var numbers = new int[group.RowCount];
            await group.ReadAsync<int>(Find(name), numbers, cancellationToken: cancellation);
            return numbers;
        }

        public async Task<string?[]> TextsAsync(string name, CancellationToken cancellation)
        {
            var texts = new string?[group.RowCount];
            await group.ReadAsync(Find(name), texts.AsMemory()!, cancellationToken: cancellation);
            return texts;
        }

        private async Task<T?[]> OptionalAsync<T>(DataField field, CancellationToken cancellation) where T : struct
        {
            var items = new T?[group.RowCount];
            await group.ReadAsync(field, items.AsMemory(), cancellationToken: cancellation);
            return items;
        }

        private DataField Find(string name) =>
            schema.DataFields.FirstOrDefault(field => field.Name == name) ?? throw new InvalidDataException($"The snapshot has no column {name}.");
    }
}
