using System.Runtime.InteropServices;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Sources;

namespace RecordingPlatform.Tests.Sources;

/// <summary>Folders that the worker's user may not enter, list or read. Root may everything: there, the thread that asks becomes nobody.</summary>
public sealed partial class FolderCheckTests : IDisposable
{
    const uint Nobody = 65534;
    const UnixFileMode Enter = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    const UnixFileMode List = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    readonly string _folder = Directory.CreateTempSubdirectory("rp-folder-").FullName;

    public FolderCheckTests()
    {
        Directory.CreateDirectory(At("spool/2026/11/25"));
        File.WriteAllText(At("spool/2026/11/25/call.wav"), "media");
        Set("", Enter | List);
    }

    [Fact]
    public void A_folder_that_may_not_be_entered_is_named()
    {
        Set("spool", List);
        Assert.Contains($"may not go through the folder {At("spool")}.", Only(Find("spool/2026"), SourceSubject.Permission), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_may_not_be_listed_is_named()
    {
        Set("spool/2026", Enter);
        Assert.Contains($"may not list the folder {At("spool")} or one in it", Only(Find("spool"), SourceSubject.Permission), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_may_not_be_read_are_told_by_their_folder()
    {
        File.SetUnixFileMode(At("spool/2026/11/25/call.wav"), UnixFileMode.None);
        var found = Find("spool");
        Assert.True(found.Single(f => f.Subject == SourceSubject.Path).Ok);
        var denied = Only([.. found.Where(f => f.Subject != SourceSubject.Path)], SourceSubject.Permission);
        Assert.Contains($"may list {At("spool/2026/11/25")} and not read the files in it", denied, StringComparison.Ordinal);
        Assert.DoesNotContain("call.wav", denied, StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_be_read_is_right() => Assert.All(Find("spool"), f => Assert.True(f.Ok, f.Message));

    public void Dispose()
    {
        foreach (var folder in new[] { "spool", "spool/2026" })
            Set(folder, Enter | List | UnixFileMode.UserWrite);
        Directory.Delete(_folder, recursive: true);
    }

    string At(string path) => Path.Combine(_folder, path);

    void Set(string path, UnixFileMode mode) => File.SetUnixFileMode(At(path), mode);

    IReadOnlyList<SourceFinding> Find(string path)
    {
        IReadOnlyList<SourceFinding> found = [];
        // The user of a thread for files is that thread's alone: it ends with it.
        var thread = new Thread(() =>
        {
            if (Environment.UserName == "root")
                _ = SetFileUser(Nobody);
            found = FolderCheck.FindAsync(At(path), byDay: true).GetAwaiter().GetResult();
        });
        thread.Start();
        thread.Join();
        return found;
    }

    static string Only(IReadOnlyList<SourceFinding> found, SourceSubject subject)
    {
        var one = Assert.Single(found);
        Assert.Equal((subject, false), (one.Subject, one.Ok));
        return one.Message;
    }

    [DllImport("libc", EntryPoint = "setfsuid")] private static extern int SetFileUser(uint user);
}
