using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace RecordingPlatform.Tests.Architecture;

/// <summary>The walls between the projects, read from what the compiler wrote.</summary>
public sealed class ReferenceTests
{
    [Theory]
    [InlineData("RecordingPlatform.Core", new string[0])]
    [InlineData("RecordingPlatform.ServiceDefaults", new string[0])]
    [InlineData("RecordingPlatform.Api", new[] { "RecordingPlatform.Core", "RecordingPlatform.ServiceDefaults" })]
    [InlineData("RecordingPlatform.Worker", new[] { "RecordingPlatform.Core", "RecordingPlatform.ServiceDefaults" })]
    [InlineData("RecordingPlatform.Web", new[] { "RecordingPlatform.ServiceDefaults" })]
    public void A_project_knows_only_the_projects_below_it(string assembly, string[] allowed)
    {
        using var file = Open(assembly);
        var reader = file.GetMetadataReader();
        var ours = reader.AssemblyReferences.Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name))
            .Where(name => name.StartsWith("RecordingPlatform.", StringComparison.Ordinal));
        Assert.Empty(ours.Except(allowed));
    }

    [Fact]
    public void Core_names_no_type_of_the_web()
    {
        var named = NamespacesNamedBy("RecordingPlatform.Core");
        Assert.Contains(named, n => n.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal));
        Assert.DoesNotContain(named, n => n.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal) && !n.StartsWith("Microsoft.AspNetCore.Identity", StringComparison.Ordinal));
    }

    [Fact]
    public void The_portal_reaches_data_only_through_its_api_client()
    {
        var named = NamespacesNamedBy("RecordingPlatform.Web");
        Assert.DoesNotContain(named, n => n.StartsWith("Npgsql", StringComparison.Ordinal) || n.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal) || n.StartsWith("Azure", StringComparison.Ordinal));
        var clients = Assembly.Load("RecordingPlatform.Web").GetTypes()
            .SelectMany(type => type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).SelectMany(c => c.GetParameters()).Where(p => p.ParameterType == typeof(HttpClient)).Select(_ => type.Name));
        Assert.InRange(clients.Distinct().Count(), 0, 1);
    }

    static List<string> NamespacesNamedBy(string assembly)
    {
        using var file = Open(assembly);
        var reader = file.GetMetadataReader();
        return [.. reader.TypeReferences.Select(handle => reader.GetString(reader.GetTypeReference(handle).Namespace)).Distinct()];
    }

    static PEReader Open(string assembly) => new(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
}
