using Aim.Federal;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.Federal;

[TestClass]
public sealed class FederalSpecTests
{
    private static IEnumerable<(FederalSpec Spec, FederalLevel Level, LevelSpec Layout)> Layouts =>
        FederalSpecs.All.SelectMany(spec => spec.Levels.Select(level => (spec, level.Key, level.Value)));

    [TestMethod]
    public void The_files_written_are_these() =>
        CollectionAssert.AreEqual(new[] { "FS002", "FS029", "FS039", "FS052", "FS141" }, FederalSpecs.All.Select(spec => spec.File).ToArray());

    [TestMethod]
    public void Every_layout_is_contiguous_from_the_first_position()
    {
        foreach (var (spec, level, layout) in Layouts)
        {
            var next = 1;
            foreach (var field in layout.Fields)
            {
                Assert.AreEqual(next, field.Start, $"{spec.File} {level} {field.Name}");
                Assert.IsGreaterThanOrEqualTo(field.Start, field.End);
                Assert.AreEqual(field.Filler, field.Name is null, $"{spec.File} {level} at {field.Start}");
                next = field.End + 1;
            }
        }
    }

    [TestMethod]
    [DataRow("FS002", "SEA LEA SCH", 504)]
    [DataRow("FS029", "SEA", 1059)]
    [DataRow("FS029", "LEA", 984)]
    [DataRow("FS029", "SCH", 1060)]
    [DataRow("FS039", "LEA SCH", 282)]
    [DataRow("FS052", "SEA LEA SCH", 324)]
    [DataRow("FS141", "SEA LEA SCH", 339)]
    public void A_record_ends_where_the_published_layout_ends(string file, string levels, int width)
    {
        foreach (var level in levels.Split(' ').Select(Enum.Parse<FederalLevel>)) Assert.AreEqual(width, FederalSpecs.Find(file)!.Levels[level].Fields[^1].End, $"{file} {level}");
    }

    [TestMethod]
    public void Count_records_begin_with_the_common_prefix_and_leave_the_lower_levels_empty()
    {
        (string? Name, int Start, int End)[] prefix =
            [("FileRecordNumber", 1, 10), ("FIPSStateCode", 11, 12), ("StateAgencyNumber", 13, 14), ("StateLEAIDNumber", 15, 28), ("StateSchoolIDNumber", 29, 48), ("TableTypeAbbrv", 49, 68)];
        foreach (var (spec, level, layout) in Layouts.Where(item => item.Spec.Counted is not null))
        {
            var expected = prefix.Select(field => field.Name == "StateLEAIDNumber" && level == FederalLevel.SEA || field.Name == "StateSchoolIDNumber" && level != FederalLevel.SCH ? (null, field.Start, field.End) : field);
            CollectionAssert.AreEqual(expected.ToList(), layout.Fields.Take(6).Select(field => (field.Name, field.Start, field.End)).ToList(), $"{spec.File} {level}");
            CollectionAssert.AreEqual(new[] { "TotalIndicator", "Explanation", "Amount" }, layout.Fields.TakeLast(3).Select(field => field.Name).ToArray(), $"{spec.File} {level}");
        }
    }

    [TestMethod]
    public void Every_category_has_a_field_in_each_layout_and_a_value_function()
    {
        foreach (var (spec, level, layout) in Layouts)
        {
            foreach (var name in spec.Tables.SelectMany(table => table.Sets).SelectMany(set => set.Categories))
            {
                Assert.IsGreaterThanOrEqualTo(0, layout.IndexOf(FederalSpecs.Categories[name].Field), $"{spec.File} {level} {name}");
                Assert.IsNotNull(CategoryValues.Of(name));
            }
        }
    }

    [TestMethod]
    public void Who_is_counted_is_told_by_rules_classes_categories_and_values_that_there_are()
    {
        var (serviceTypes, environments) = (CodeSets.ServiceType.Entries.Select(entry => entry.Class).ToHashSet(), FederalSpecs.Categories["EDENVIRIDEASA"].Values);
        foreach (var (file, counted) in FederalSpecs.All.Where(spec => spec.Counted is not null).Select(spec => (spec.File, spec.Counted!)))
        {
            Assert.IsTrue(CountingRules.All.ContainsKey(counted.Rule), file);
            Assert.IsTrue(counted.ServiceTypes.Count > 0 && counted.ServiceTypes.All(serviceTypes.Contains), file);
            Assert.IsTrue(counted.EnvironmentsAtNoSchool.All(environments.Contains), file);
            Assert.IsTrue(counted.GradesOf is null || FederalSpecs.Categories[counted.GradesOf].LeftOut.Count > 0, file);
        }
    }

    [TestMethod]
    public void What_a_value_means_is_one_of_the_categorys_values_and_what_is_left_out_is_none()
    {
        foreach (var (name, category) in FederalSpecs.Categories)
        {
            Assert.AreEqual("", string.Join(", ", category.Means.Values.Except(category.Values)), name);
            Assert.AreEqual("", string.Join(", ", category.LeftOut.Intersect(category.Values)), name);
        }
    }

    [TestMethod]
    public void Every_category_is_used_and_its_values_fit_their_field()
    {
        var used = FederalSpecs.All.SelectMany(spec => spec.Tables).SelectMany(table => table.Sets).SelectMany(set => set.Categories).ToHashSet();
        CollectionAssert.AreEquivalent(FederalSpecs.Categories.Keys.ToList(), used.ToList());
        foreach (var (name, category) in FederalSpecs.Categories)
        {
            Assert.HasCount(category.Values.Count, category.Values.Distinct(), name);
            Assert.IsTrue(category.Values.Append(FederalCategory.MissingValue).All(value => value.Length <= 15), name);
        }
    }

    [TestMethod]
    public void Every_code_that_is_reported_is_a_permitted_value()
    {
        AssertPermitted(CodeSets.Grade, "GRADELVMEM");
        AssertPermitted(CodeSets.Language, "LANGHOME");
        AssertPermitted(CodeSets.Disability, "DISABCATIDEA");
        AssertPermitted(CodeSets.Gender, "SEX");

        static void AssertPermitted(CodeSet codes, string category) => Assert.IsEmpty(
            codes.Entries.Select(entry => entry.Federal).OfType<string>().Except(FederalSpecs.Categories[category].Values).Except([FederalCategory.MissingValue]), category);
    }

    [TestMethod]
    public void The_subtotals_of_membership_are_marked_as_such_and_the_detail_is_not() =>
        Assert.AreEqual("CSA N, ST1 Y, ST2 Y, ST3 Y, ST4 Y, TOT Y", string.Join(", ", FederalSpecs.Find("FS052")!.Tables.Single().Sets.Select(set => $"{set.Code} {set.TotalIndicator}")));

    [TestMethod]
    public void Every_file_name_fits_its_field()
    {
        foreach (var (spec, level, layout) in Layouts)
        {
            Assert.IsLessThanOrEqualTo(9, spec.Abbreviation.Length, spec.File);
            Assert.IsLessThanOrEqualTo(25, $"MT{level}{spec.Abbreviation}v000001.csv".Length, spec.File);
            Assert.IsLessThanOrEqualTo(50, layout.FileType.Length, spec.File);
        }
    }

    [TestMethod]
    public async Task The_fixed_width_header_has_five_fields_and_a_filler_of_458()
    {
        var lines = await WriteAsync(FederalFormat.Txt, ["1"]);

        Assert.AreEqual($"{"SEA MEMBERSHIP TABLE",-50}{1,10}{"MTSEAMEMBERv000001.txt",-25}{"052-10072025-0930",-32}2025-2026{new string(' ', 458)}", lines[0]);
        Assert.AreEqual(584, lines[0].Length);
        Assert.AreEqual(324, lines[1].Length);
        Assert.AreEqual("", lines[2], "every line is ended by CR and LF");
    }

    [TestMethod]
    [DataRow(FederalFormat.Csv, ',')]
    [DataRow(FederalFormat.Tab, '\t')]
    public async Task A_delimited_header_has_five_fields_and_nothing_after_them(FederalFormat format, char separator)
    {
        var lines = await WriteAsync(format, ["1"]);

        Assert.HasCount(5, lines[0].Split(separator));
        Assert.HasCount(12, lines[1].Split(separator), "fillers are empty fields");
    }

    [TestMethod]
    [DataRow("a,b")]
    [DataRow("a\tb")]
    [DataRow("a\"b")]
    [DataRow("a\r\nb")]
    [DataRow("12345678901")]
    public async Task A_value_that_does_not_fit_is_refused_in_every_format_without_being_told(string value)
    {
        foreach (var format in Enum.GetValues<FederalFormat>())
        {
            var refused = await Assert.ThrowsExactlyAsync<Aim.Workflows.FaultException>(() => WriteAsync(format, [value]));
            StringAssert.Contains(refused.Message, "a field takes 10, without commas, tabs and quotes");
            Assert.DoesNotContain(value, refused.Message);
        }
    }

    private static async Task<string[]> WriteAsync(FederalFormat format, string[] cells)
    {
        using var bytes = new MemoryStream();
        var layout = FederalSpecs.Find("FS052")!.Levels[FederalLevel.SEA];
        await using (var text = new FederalText(bytes, layout, format))
        {
            text.WriteHeader(new FederalHeader(layout.FileType, 1, $"MTSEAMEMBERv000001.{format}".ToLowerInvariant().Replace("mtseamember", "MTSEAMEMBER", StringComparison.Ordinal), "052-10072025-0930", Sample.Year.Span));
            text.WriteRecord([.. cells, .. new string?[layout.Fields.Count - cells.Length]]);
        }
        return System.Text.Encoding.UTF8.GetString(bytes.ToArray()).Split("\r\n");
    }
}
