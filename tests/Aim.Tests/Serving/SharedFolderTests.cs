using Aim.Host.Development;
using Aim.Host.Embedded;
using Aim.Tests.Setup;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.Tokens;

namespace Aim.Tests.Serving;

/// <summary>Several programs at one data folder, which may be new to all of them.</summary>
[TestClass]
public sealed class SharedFolderTests
{
    private static readonly Uri Address = new("http://localhost:5080");

    [TestMethod]
    public async Task A_folder_that_is_new_to_several_programs_gets_one_key_for_uploads_and_one_for_tokens()
    {
        const int programs = 4;
        for (var round = 0; round < 15; round++)
        {
            var folder = Path.Combine(AssemblySetup.NewFolder("shared"), "data");
            using var start = new Barrier(programs);

            var keys = await Task.WhenAll(Enumerable.Range(0, programs).Select(_ => Task.Factory.StartNew(() => { start.SignalAndWait(); return KeysAsync(folder); }, TaskCreationOptions.LongRunning).Unwrap()));

            Assert.HasCount(1, keys.Distinct());
            Assert.IsEmpty(Directory.EnumerateFiles(folder).Where(file => Path.GetFileName(file).Contains(".key.", StringComparison.Ordinal)), "a key that came too late is left nowhere");
        }
    }

    /// <summary>What an upload URL is signed with shows in the URL.</summary>
    private static async Task<(string Uploads, string Tokens)> KeysAsync(string folder)
    {
        await using var data = DataFolder.Open(folder, Address, TimeProvider.System, NullLoggerFactory.Instance);
        var issuer = new DevelopmentIssuer(Address, Path.Combine(folder, DataFolder.IssuerKeyFile), TimeProvider.System, _ => Task.FromResult<IReadOnlyList<string>>([]));
        var token = ((ECDsaSecurityKey)issuer.Tokens.SigningKeys.Single()).ECDsa.ExportSubjectPublicKeyInfo();
        return (data.UploadUrls.Create("uploads/x", DateTimeOffset.UnixEpoch).Query, Convert.ToHexString(token));
    }

    [TestMethod]
    public void A_key_file_without_a_key_is_told_with_what_to_do()
    {
        var file = Path.Combine(AssemblySetup.NewFolder("key"), DataFolder.IssuerKeyFile);
        File.WriteAllText(file, "");

        var failure = Assert.ThrowsExactly<Aim.Workflows.FaultException>(() => new DevelopmentIssuer(Address, file, TimeProvider.System, _ => Task.FromResult<IReadOnlyList<string>>([])));

        Assert.AreEqual($"{file} holds no key. Delete it: the next start makes another, and whoever is signed in signs in again.", failure.Message);
    }

    [TestMethod]
    public void A_key_for_uploads_that_is_cut_short_signs_nothing()
    {
        var folder = AssemblySetup.NewFolder("key");
        File.WriteAllText(Path.Combine(folder, "upload.key"), "");

        var failure = Assert.ThrowsExactly<Aim.Workflows.FaultException>(() => DataFolder.Open(folder, Address, TimeProvider.System, NullLoggerFactory.Instance));

        StringAssert.EndsWith(failure.Message, "upload.key holds no key. Delete it: the next start makes another, and addresses for uploads that were given out have to be asked for anew.");
    }
}
