using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Tests.Sftp;

public sealed class SftpFolderTests(SftpRig rig) : IClassFixture<SftpRig>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_of_ten_thousand_is_listed_to_its_end()
    {
        var folder = rig.NewFolder();
        await Run.ToEndAsync("bash", "-c", "cd \"$1\" && seq -f in-100-%05g.wav 10000 | xargs touch", "bash", folder);
        await using var session = await rig.OpenAsync();

        var names = await session.ListAsync(folder, Ct).Select(e => e.Name).ToListAsync(Ct);

        Assert.Equal(10_000, names.Count);
        Assert.Equal(10_000, names.Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain(null, names);
    }

    [Fact]
    public async Task An_entry_says_what_it_is_by_its_attributes()
    {
        var folder = rig.NewFolder();
        var file = rig.Write(Path.Combine(folder, "call.wav"), 4711);
        File.SetLastWriteTimeUtc(file, new DateTime(2026, 3, 1, 8, 30, 15, DateTimeKind.Utc));
        Directory.CreateDirectory(Path.Combine(folder, "01"));
        File.CreateSymbolicLink(Path.Combine(folder, "link"), file);
        await Run.ToEndAsync("mkfifo", Path.Combine(folder, "pipe"));
        await using var session = await rig.OpenAsync();

        var entries = await session.ListAsync(folder, Ct).ToDictionaryAsync(e => e.Name!, e => e.Attributes, cancellationToken: Ct);

        Assert.Equal([SftpKind.Folder, SftpKind.File, SftpKind.Link, SftpKind.Other], entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Value.Kind));
        Assert.Equal((4711L, new DateTimeOffset(2026, 3, 1, 8, 30, 15, TimeSpan.Zero)), (entries["call.wav"].Length, entries["call.wav"].ModifiedAt));
        Assert.Equal(SftpKind.File, (await session.StatAsync(Path.Combine(folder, "link"), Ct))?.Kind);
        Assert.Equal(SftpKind.Link, (await session.LinkStatAsync(Path.Combine(folder, "link"), Ct))?.Kind);
        Assert.Null(await session.StatAsync(Path.Combine(folder, "absent"), Ct));
    }

    [Fact]
    public async Task Names_that_no_path_can_be_made_of_are_said_and_the_others_are_names()
    {
        var folder = rig.NewFolder();
        await Run.ToEndAsync("bash", "-c", "cd \"$1\" && touch -- $'new\\nline' $'bell\\a' $'invalid\\xff\\xfe' -rf ' two words ' ..hidden 'Zoë.wav'", "bash", folder);
        await using var session = await rig.OpenAsync();

        var entries = await session.ListAsync(folder, Ct).ToListAsync(Ct);

        Assert.Equal(3, entries.Count(e => e.Name is null));
        Assert.Equal([" two words ", "-rf", "..hidden", "Zoë.wav"], entries.Select(e => e.Name).OfType<string>().Order(StringComparer.Ordinal));
        foreach (var name in entries.Select(e => e.Name).OfType<string>())
            Assert.Empty(await SftpRig.ReadAsync(session, new SftpFile(Path.Combine(folder, name))));
    }

    [Fact]
    public async Task A_listing_that_is_left_early_leaves_the_session_as_it_was()
    {
        var folder = rig.NewFolder();
        await Run.ToEndAsync("bash", "-c", "cd \"$1\" && seq 2000 | xargs touch", "bash", folder);
        await using var session = await rig.OpenAsync();

        // More often than sshd gives handles.
        for (var i = 0; i < 300; i++)
            Assert.NotNull((await session.ListAsync(folder, Ct).FirstAsync(Ct)).Name);

        Assert.Equal(2000, await session.ListAsync(folder, Ct).CountAsync(Ct));
    }

    [Fact]
    public async Task A_link_that_leads_out_of_the_folder_is_seen_and_never_read()
    {
        var root = rig.NewFolder();
        var outside = rig.NewFolder();
        rig.Write(Path.Combine(outside, "secret"), 1000);
        File.CreateSymbolicLink(Path.Combine(root, "file"), Path.Combine(outside, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(root, "folder"), outside);
        await using var session = await rig.OpenAsync();

        foreach (var path in new[] { "file", "folder/secret", "../" + Path.GetFileName(outside) + "/secret" }.Select(p => $"{root}/{p}"))
        {
            Assert.False(await session.LiesUnderAsync(path, root, Ct));
            var got = 0;
            var failure = await Assert.ThrowsAsync<SftpException>(() => session.ReadAsync(new SftpFile(path) { Within = root }, (bytes, _) => { got += bytes.Length; return default; }, Ct));
            Assert.Equal((SftpFault.OutsideRoot, 0), (failure.Fault, got));
            Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_path_that_stays_in_the_folder_is_read_links_and_all()
    {
        var real = rig.NewFolder();
        var root = real + "-link";
        Directory.CreateSymbolicLink(root, real);
        var file = rig.Write(Path.Combine(real, "2026/call.wav"), 100_000);
        Directory.CreateSymbolicLink(Path.Combine(real, "today"), Path.Combine(real, "2026"));
        await using var session = await rig.OpenAsync();

        Assert.True(await session.LiesUnderAsync($"{root}/today/call.wav", root, Ct));
        Assert.Equal(File.ReadAllBytes(file), await SftpRig.ReadAsync(session, new SftpFile($"{root}/today/call.wav") { Within = root }));
        Assert.Equal(file, await session.RealPathAsync($"{root}/today/./call.wav", Ct));
    }

    [Fact]
    public async Task A_folder_whose_name_only_begins_like_the_root_lies_outside()
    {
        var root = rig.NewFolder();
        var beside = rig.Write(root + "-other/call.wav", 10);
        await using var session = await rig.OpenAsync();

        Assert.False(await session.LiesUnderAsync(beside, root, Ct));
    }

    [Fact]
    public async Task A_folder_is_not_read_as_a_file()
    {
        await using var session = await rig.OpenAsync();

        var failure = await Assert.ThrowsAsync<SftpException>(() => SftpRig.ReadAsync(session, new SftpFile(rig.Server.Spool)));

        Assert.Equal(SftpFault.NoSuchFile, failure.Fault);
        Assert.True(failure.IsAboutThePath);
    }

    [Fact]
    public async Task A_path_that_is_none_is_refused_before_it_is_sent()
    {
        await using var session = await rig.OpenAsync();

        foreach (var path in new[] { "", "a\0b", "half \ud800", new string('a', 4096) })
            await Assert.ThrowsAnyAsync<ArgumentException>(() => session.StatAsync(path, Ct));

        Assert.NotNull(await session.StatAsync("/", Ct));
    }
}
