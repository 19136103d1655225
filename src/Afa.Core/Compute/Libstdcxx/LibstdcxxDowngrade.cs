#nullable disable   // The inline task of MSBuild compiles this without what the projects of this repository have switched on.
#pragma warning disable IDE0005, IDE0161
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
#if !AFA_TESTS
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
#endif

namespace Afa.Compute.Libstdcxx
{
    /// <summary>
    /// Lets TorchSharp's native library, built with GCC 13, load beside the libstdc++ of GCC 12 (Debian 12, Ubuntu 22.04).
    /// </summary>
    /// <remarks>
    /// GCC 13 calls <c>std::ios_base_library_init()</c> (version GLIBCXX_3.4.32) once for each library that includes
    /// &lt;iostream&gt;. Older compilers called <c>std::ios_base::Init::Init()</c> (version GLIBCXX_3.4) for the same purpose, and
    /// that function does not use its <c>this</c>. So the one reference is renamed and its version lowered; nothing moves and
    /// the file keeps its size. The code is also compiled by MSBuild as an inline task, hence only .NET Standard 2.0.
    /// </remarks>
    public static class LibstdcxxDowngrade
    {
        public const string NeededVersion = "GLIBCXX_3.4.32";
        private const string OldVersion = "GLIBCXX_3.4";
        private const string NewSymbol = "_ZSt21ios_base_library_initv";
        private const string OldSymbol = "_ZNSt8ios_base4InitC1Ev";

        private const uint DynamicStringsType = 3;            // SHT_STRTAB, reached through the section's link
        private const uint DynamicSymbolsType = 11;           // SHT_DYNSYM
        private const uint VersionNeedsType = 0x6ffffffe;     // SHT_GNU_verneed
        private const uint SymbolVersionsType = 0x6fffffff;   // SHT_GNU_versym

        /// <summary>Tells whether a libstdc++ file offers <see cref="NeededVersion"/>.</summary>
        public static bool IsOffered(byte[] libstdcxx)
        {
            return IndexOf(libstdcxx, Encoding.ASCII.GetBytes(NeededVersion + "\0")) >= 0;
        }

        /// <summary>Returns an edited copy of the library, or null if the library does not need <see cref="NeededVersion"/>.</summary>
        /// <param name="library">A 64-bit little-endian ELF shared library; left as it is.</param>
        /// <exception cref="InvalidDataException">The file is not laid out as expected; the message says what was found.</exception>
        public static byte[] Apply(byte[] library)
        {
            var elf = new Elf(library);
            var needs = elf.Find(VersionNeedsType, "version needs");
            var needStrings = elf.Linked(needs);

            long newEntry = -1;
            long oldEntry = -1;
            foreach (var entry in elf.VersionNeeds(needs, needStrings, "libstdc++.so.6"))
            {
                var name = elf.Text(needStrings, elf.U32(entry + 8));
                newEntry = name == NeededVersion ? entry : newEntry;
                oldEntry = name == OldVersion ? entry : oldEntry;
            }

            if (newEntry < 0)
            {
                return null;
            }

            if (oldEntry < 0)
            {
                throw Unknown("it needs " + NeededVersion + " but not " + OldVersion + ", whose entry would be reused");
            }

            var symbols = elf.Find(DynamicSymbolsType, "dynamic symbols");
            var strings = elf.Linked(symbols);
            var versions = elf.Find(SymbolVersionsType, "symbol versions");
            var version = elf.U16(newEntry + 6);
            var nameOffset = OnlyUserOf(elf, symbols, strings, versions, version);
            RefuseSharedText(elf, symbols, strings, nameOffset);

            var edited = (byte[])library.Clone();
            Array.Copy(library, oldEntry, edited, newEntry, 4);            // vna_hash
            Array.Copy(library, oldEntry + 8, edited, newEntry + 8, 4);    // vna_name
            var text = strings.Offset + nameOffset;
            Array.Clear(edited, checked((int)text), NewSymbol.Length);
            Encoding.ASCII.GetBytes(OldSymbol).CopyTo(edited, text);
            return edited;
        }

        private static uint OnlyUserOf(Elf elf, Section symbols, Section strings, Section versions, ushort version)
        {
            uint? found = null;
            for (long i = 0; i < symbols.Size / 24; i++)
            {
                if ((elf.U16(versions.Offset + 2 * i) & 0x7fff) != version)
                {
                    continue;
                }

                var nameOffset = elf.U32(symbols.Offset + 24 * i);
                var name = elf.Text(strings, nameOffset);
                if (name != NewSymbol || found != null)
                {
                    throw Unknown("the symbol '" + name + "' needs " + NeededVersion + " too; only " + NewSymbol + " can be replaced");
                }

                found = nameOffset;
            }

            return found ?? throw Unknown("no symbol uses its " + NeededVersion);
        }

        // Linkers let one name end inside another; renaming such a text would rename both.
        private static void RefuseSharedText(Elf elf, Section symbols, Section strings, uint nameOffset)
        {
            var users = 0;
            for (long i = 0; i < symbols.Size / 24; i++)
            {
                var other = elf.U32(symbols.Offset + 24 * i);
                users += other >= nameOffset && other <= nameOffset + NewSymbol.Length ? 1 : 0;
            }

            var isTail = nameOffset > 0 && elf.U8(strings.Offset + nameOffset - 1) != 0;
            if (users != 1 || isTail)
            {
                throw Unknown("the name " + NewSymbol + " shares its text with another symbol");
            }
        }

        private static InvalidDataException Unknown(string what)
        {
            return new InvalidDataException(
                "TorchSharp's native library is not laid out as expected: " + what + ". Use a system whose libstdc++ offers " +
                NeededVersion + " (GCC 13 or later: Debian 13, Ubuntu 24.04), where nothing is edited.");
        }

        private static int IndexOf(byte[] bytes, byte[] wanted)
        {
            for (var i = 0; i <= bytes.Length - wanted.Length; i++)
            {
                var j = 0;
                while (j < wanted.Length && bytes[i + j] == wanted[j])
                {
                    j++;
                }

                if (j == wanted.Length)
                {
                    return i;
                }
            }

            return -1;
        }

        private readonly struct Section
        {
            public Section(uint type, uint link, long offset, long size)
            {
                Type = type;
                Link = link;
                Offset = offset;
                Size = size;
            }

            public uint Type { get; }
            public uint Link { get; }
            public long Offset { get; }
            public long Size { get; }
        }

        private sealed class Elf
        {
            private readonly byte[] _bytes;
            private readonly List<Section> _sections = new List<Section>();

            public Elf(byte[] bytes)
            {
                _bytes = bytes;
                if (bytes.Length < 64 || U32(0) != 0x464c457f || bytes[4] != 2 || bytes[5] != 1)
                {
                    throw Unknown("it is not a 64-bit little-endian ELF file");
                }

                var table = U64(40);
                var entrySize = U16(58);
                var count = U16(60);
                if (entrySize != 64 || count == 0)
                {
                    throw Unknown("its section table has " + count + " entries of " + entrySize + " bytes");
                }

                if (table > bytes.Length - 64L * count)
                {
                    throw Unknown("its section table reaches beyond the end of the file");
                }

                for (var i = 0; i < count; i++)
                {
                    var at = table + 64L * i;
                    var section = new Section(U32(at + 4), U32(at + 40), U64(at + 24), U64(at + 32));
                    const uint withoutContent = 8;   // SHT_NOBITS
                    if (section.Type != withoutContent && (section.Offset > bytes.Length || section.Size > bytes.Length - section.Offset))
                    {
                        throw Unknown("section " + i + " reaches beyond the end of the file");
                    }

                    _sections.Add(section);
                }
            }

            public Section Find(uint type, string what)
            {
                var found = _sections.FindAll(section => section.Type == type);
                return found.Count == 1 ? found[0] : throw Unknown("it has " + found.Count + " tables of " + what + ", not 1");
            }

            public Section Linked(Section section)
            {
                if (section.Link >= _sections.Count || _sections[(int)section.Link].Type != DynamicStringsType)
                {
                    throw Unknown("a table does not name its strings");
                }

                return _sections[(int)section.Link];
            }

            /// <summary>Positions of the version entries (Elf64_Vernaux) that are needed of one library.</summary>
            public IEnumerable<long> VersionNeeds(Section needs, Section strings, string libraryName)
            {
                var end = needs.Offset + needs.Size;
                for (var file = needs.Offset; ;)
                {
                    if (file + 16 > end)
                    {
                        throw Unknown("its version needs are cut off");
                    }

                    if (Text(strings, U32(file + 4)) == libraryName)
                    {
                        var entry = file + U32(file + 8);
                        for (var i = 0; i < U16(file + 2); i++)
                        {
                            if (entry + 16 > end)
                            {
                                throw Unknown("its version needs are cut off");
                            }

                            yield return entry;
                            entry += U32(entry + 12);
                        }
                    }

                    var next = U32(file + 12);
                    if (next == 0)
                    {
                        yield break;
                    }

                    file += next;
                }
            }

            public string Text(Section strings, uint offset)
            {
                var end = offset;
                while (end < strings.Size && U8(strings.Offset + end) != 0)
                {
                    end++;
                }

                return end < strings.Size
                    ? Encoding.ASCII.GetString(_bytes, checked((int)(strings.Offset + offset)), (int)(end - offset))
                    : throw Unknown("a name reaches beyond its table");
            }

            public byte U8(long at) => _bytes[Checked(at, 1)];

            public ushort U16(long at) => BitConverter.ToUInt16(_bytes, Checked(at, 2));

            public uint U32(long at) => BitConverter.ToUInt32(_bytes, Checked(at, 4));

            private long U64(long at)
            {
                var value = BitConverter.ToInt64(_bytes, Checked(at, 8));
                return value >= 0 ? value : throw Unknown("an offset is beyond the end of the file");
            }

            private int Checked(long at, int size)
            {
                return at >= 0 && at <= _bytes.Length - size ? (int)at : throw Unknown("an offset is beyond the end of the file");
            }
        }
    }

#if !AFA_TESTS
    /// <summary>The build step: edits the copy of TorchSharp's native library in an output folder, where this system needs it.</summary>
    public sealed class LibstdcxxDowngradeTask : Task
    {
        private static readonly string[] SystemFolders =
            { "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib" };

        /// <summary>Path of libLibTorchSharp.so in the output folder; never a file of the package cache.</summary>
        [Required]
        public string Library { get; set; }

        public override bool Execute()
        {
            var system = SystemFolders.Select(folder => Path.Combine(folder, "libstdc++.so.6")).FirstOrDefault(File.Exists);
            if (system is null || LibstdcxxDowngrade.IsOffered(File.ReadAllBytes(system)))
            {
                return true;
            }

            try
            {
                var edited = LibstdcxxDowngrade.Apply(File.ReadAllBytes(Library));
                if (edited != null)
                {
                    Replace(edited);
                    Log.LogMessage(MessageImportance.Low, "Edited {0} for the libstdc++ of this system.", Library);
                }

                return true;
            }
            catch (InvalidDataException exception)
            {
                Log.LogError(exception.Message);
                return false;
            }
        }

        // The output file may be a hard link to the package cache: a new file takes its name, the old one stays untouched.
        // Size and time stay the same, so that the next build does not copy the original again.
        private void Replace(byte[] edited)
        {
            var written = File.GetLastWriteTimeUtc(Library);
            var temporary = Library + ".edited";
            File.WriteAllBytes(temporary, edited);
            File.SetLastWriteTimeUtc(temporary, written);
            File.Delete(Library);
            File.Move(temporary, Library);
        }
    }
#endif
}
