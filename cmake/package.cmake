# The Debian packages: bigfoot for the robot, bigfoot-server for the server. `./run package` makes them (CPack).

set(unpacked ${CMAKE_BINARY_DIR}/package)
find_program(GZIP gzip REQUIRED)

# bigfoot_package(COMPONENT PROGRAM program SECTION of-its-manual CONFIG file UNIT unit USER user HOME home GECOS words
#                 MADE directories-of-the-service [UDEV command])
# Each program writes its manual page and completions itself; across architectures it does so under emulation.
function(bigfoot_package component)
  cmake_parse_arguments(PARSE_ARGV 1 P "" "PROGRAM;SECTION;CONFIG;UNIT;USER;HOME;GECOS;MADE;UDEV" "")
  set(dir ${unpacked}/${component})
  set(page ${dir}/${P_PROGRAM}.${P_SECTION}.gz)
  add_custom_command(OUTPUT ${page} COMMAND ${P_PROGRAM} --print-man > ${dir}/${P_PROGRAM}.${P_SECTION}
                     COMMAND ${GZIP} -9nf ${dir}/${P_PROGRAM}.${P_SECTION} DEPENDS ${P_PROGRAM})
  set(written ${page})
  foreach(shell bash zsh fish)
    add_custom_command(OUTPUT ${dir}/${shell} COMMAND ${P_PROGRAM} --print-completion ${shell} > ${dir}/${shell} DEPENDS ${P_PROGRAM})
    list(APPEND written ${dir}/${shell})
  endforeach()
  add_custom_command(OUTPUT ${dir}/changelog.gz
                     COMMAND sed "s/^bigfoot /${P_PROGRAM} /" ${CMAKE_SOURCE_DIR}/deploy/debian/changelog > ${dir}/changelog
                     COMMAND ${GZIP} -9nf ${dir}/changelog
                     DEPENDS ${CMAKE_SOURCE_DIR}/deploy/debian/changelog)
  list(APPEND written ${dir}/changelog.gz)
  add_custom_target(package_${component} DEPENDS ${written})
  add_dependencies(package_files package_${component})

  foreach(script postinst prerm postrm)
    set(HOME ${P_HOME})
    set(GECOS ${P_GECOS})
    set(USER ${P_USER})
    set(UNIT ${P_UNIT})
    set(MADE ${P_MADE})
    set(UDEV "${P_UDEV}")
    configure_file(deploy/debian/${script}.in ${dir}/${script} @ONLY FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
                   GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endforeach()
  file(WRITE ${dir}/conffiles "/etc/bigfoot/${P_CONFIG}\n")

  install(TARGETS ${P_PROGRAM} DESTINATION /usr/bin COMPONENT ${component})
  install(FILES ${page} DESTINATION /usr/share/man/man${P_SECTION} COMPONENT ${component})
  install(FILES ${dir}/bash DESTINATION /usr/share/bash-completion/completions RENAME ${P_PROGRAM} COMPONENT ${component})
  install(FILES ${dir}/zsh DESTINATION /usr/share/zsh/vendor-completions RENAME _${P_PROGRAM} COMPONENT ${component})
  install(FILES ${dir}/fish DESTINATION /usr/share/fish/vendor_completions.d RENAME ${P_PROGRAM}.fish COMPONENT ${component})
  install(FILES config/${P_CONFIG} DESTINATION /etc/bigfoot COMPONENT ${component})
  install(FILES deploy/systemd/${P_UNIT} DESTINATION /lib/systemd/system COMPONENT ${component})
  set(doc /usr/share/doc/${P_PROGRAM})
  install(FILES ${dir}/changelog.gz deploy/debian/copyright DESTINATION ${doc} COMPONENT ${component})
  # In the folders that they have in the sources: their links, and the names in /etc/bigfoot and in the manual page, lead to them.
  install(FILES README.md CHANGELOG.md DESTINATION ${doc} COMPONENT ${component})
  install(DIRECTORY docs config DESTINATION ${doc} COMPONENT ${component})

  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${P_PROGRAM} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${dir}/postinst;${dir}/prerm;${dir}/postrm;${dir}/conffiles" PARENT_SCOPE)
endfunction()

add_custom_target(package_files)
# Cameras that are plugged in already get their names, too, and lose them with the package.
bigfoot_package(robot PROGRAM bigfoot SECTION 1 CONFIG robot.yaml UNIT bigfoot-robot.service USER bigfoot HOME /nonexistent
                GECOS "Bigfoot robot" MADE /var/cache/bigfoot
                UDEV "if [ -e /run/udev/control ]; then udevadm control --reload && udevadm trigger --subsystem-match=video4linux || true; fi")
bigfoot_package(server PROGRAM bigfoot-server SECTION 8 CONFIG server.yaml UNIT bigfoot-server.service USER bigfoot-server
                HOME /var/lib/bigfoot-server GECOS "Bigfoot server" MADE /var/lib/bigfoot-server)
install(FILES deploy/udev/70-bigfoot.rules DESTINATION /lib/udev/rules.d COMPONENT robot)
install(DIRECTORY web/ DESTINATION /usr/share/bigfoot/web COMPONENT server PATTERN jsconfig.json EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL robot server)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own, below
set(CPACK_PACKAGE_CONTACT "Bigfoot maintainers <maintainers@bigfoot.example>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
if(CMAKE_CROSSCOMPILING)
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)  # its dependencies are given to cpack: tools/run/package.sh
else()
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()

# What its GStreamer elements are in, besides the libraries that are found by themselves; udev makes the group render.
set(CPACK_DEBIAN_ROBOT_PACKAGE_DEPENDS "adduser, udev, glib-networking, gstreamer1.0-plugins-base, gstreamer1.0-plugins-good, gstreamer1.0-plugins-bad, gstreamer1.0-plugins-ugly, gstreamer1.0-libav")
set(CPACK_DEBIAN_ROBOT_PACKAGE_RECOMMENDS "gstreamer1.0-x")  # the window of `bigfoot view`; a robot has none
set(CPACK_DEBIAN_ROBOT_PACKAGE_SUGGESTS "bigfoot-server, gstreamer1.0-libcamera, v4l-utils")
set(CPACK_DEBIAN_ROBOT_PACKAGE_SECTION video)
set(CPACK_DEBIAN_ROBOT_DESCRIPTION "robot cameras to an operator's browser, with the least delay
Sends the cameras of this machine to browsers over WebRTC: capture and
H.264 encoding by GStreamer, a transport of its own, and a server
(bigfoot-server) where viewers find it. A service that starts with the
machine reads /etc/bigfoot/robot.yaml. `bigfoot view` shows a robot's
cameras in a window.")
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "coturn")
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVER_DESCRIPTION "where viewers find the cameras of a fleet of robots
Signaling, WHEP and the page of robots that run bigfoot. The pictures go
from robot to browser and not through this server. A service that starts
with the machine reads /etc/bigfoot/server.yaml.")
include(CPack)
