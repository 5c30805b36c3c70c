namespace RecordingPlatform.Tests.Web;

public sealed class BrowserPackageTests
{
    static readonly string Root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));

    public static TheoryData<string> Locks => [.. new[] { "RecordingPlatform.Web", "RecordingPlatform.Tests/Web/axe", "RecordingPlatform.AppHost/azurite", "RecordingPlatform.Tests/Storage/s3rver" }];

    [Theory, MemberData(nameof(Locks))]
    public void A_lock_file_names_versions_and_hashes_but_no_registry(string folder)
    {
        var text = File.ReadAllText(Path.Combine(Root, folder, "package-lock.json"));
        Assert.DoesNotContain("\"resolved\"", text);
        Assert.Contains("\"integrity\": \"sha512-", text);
    }
}
